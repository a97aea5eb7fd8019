/* SPDX-License-Identifier: MIT */
/*
 * CPUID and start-up registers.  KVM_GET_SUPPORTED_CPUID would cost more than creating the VM
 * (0.41 ms on the development host), so the guest's CPUID is an allow-list of user-mode features
 * masked with the host's own; SDM vol. 2, CPUID, and vol. 3, 2.5 (control registers).
 */
#include <cpuid.h>
#include <string.h>
#include "cpu.h"
#include "tables.h"

/* CPUID.1:ECX */
#define ECX1_ALLOWED	(bit_SSE3 | bit_PCLMUL | bit_SSSE3 | bit_FMA | bit_CMPXCHG16B | \
			 bit_SSE4_1 | bit_SSE4_2 | bit_MOVBE | bit_POPCNT | bit_AES | bit_XSAVE | \
			 bit_OSXSAVE | bit_AVX | bit_F16C | bit_RDRND)
#define ECX1_HYPERVISOR	(1U << 31)
/* CPUID.1:EDX: FPU DE PSE TSC MSR PAE CX8 PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 */
#define EDX1_ALLOWED	0x0783a17dU
/* CPUID.7.0:EBX: FSGSBASE BMI1 AVX2 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB SHA */
#define EBX7_ALLOWED	(bit_FSGSBASE | bit_BMI | bit_AVX2 | bit_BMI2 | (1U << 9) | bit_RDSEED | \
			 bit_ADX | bit_CLFLUSHOPT | bit_CLWB | bit_SHA)
/* CPUID.7.0:ECX: VAES VPCLMULQDQ RDPID; EDX: FSRM */
#define ECX7_ALLOWED	((1U << 9) | (1U << 10) | (1U << 22))
#define EDX7_ALLOWED	(1U << 4)
/*
 * CPUID.80000001 ECX: LAHF LZCNT SSE4A 3DNOWPREFETCH; EDX: SYSCALL NX RDTSCP LM and the mirror of
 * 1:EDX
 */
#define ECX81_ALLOWED	((1U << 0) | (1U << 5) | (1U << 6) | (1U << 8))
#define EDX81_ALLOWED	((1U << 11) | (1U << 20) | (1U << 27) | (1U << 29))
#define AVX_FEATURES	(bit_AVX | bit_FMA | bit_F16C)

#define XCR0_X87_SSE	3UL
#define XCR0_AVX	4UL

#define CR0_START	0x80050033UL	/* PG AM WP NE ET MP PE */
#define CR4_START	0x000006a0UL	/* OSXMMEXCPT OSFXSR PGE PAE */
#define CR4_TSD		(1UL << 2)
#define CR4_FSGSBASE	(1UL << 16)
#define CR4_OSXSAVE	(1UL << 18)
/* NXE LMA LME, and SCE where `syscall` leads somewhere; else it raises #UD. */
#define EFER_START	(0xd00UL | IS_ENABLED(CONFIG_TRAP))

static struct kvm_cpuid_entry2 *add(struct cpu_model *m, uint32_t leaf, uint32_t sub, int indexed)
{
	struct kvm_cpuid_entry2 *e = &m->cpuid[m->ncpuid++];

	*e = (struct kvm_cpuid_entry2){
		.function = leaf,
		.index = sub,
		.flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
	};
	__cpuid_count(leaf, sub, e->eax, e->ebx, e->ecx, e->edx);
	return e;
}

struct kvm_cpuid_entry2 *cpu_model_leaf(struct cpu_model *m, uint32_t leaf, uint32_t sub)
{
	for (uint32_t i = 0; i < m->ncpuid; i++)
		if (m->cpuid[i].function == leaf && m->cpuid[i].index == sub)
			return &m->cpuid[i];
	return NULL;
}

/*
 * Leaf 0xd: x87, SSE and, where present, AVX; the sizes are architectural (SDM vol. 1, 13.4).
 * Wider state (AVX-512, AMX) is not offered: it would have to be asked of the device first.
 */
static void add_xsave(struct cpu_model *m, int avx)
{
	m->features |= MVM_CPU_XSAVE;
	m->xcr0 = XCR0_X87_SSE | (avx ? XCR0_AVX : 0);
	m->xsave_size = avx ? 832 : 576;
	m->cpuid[m->ncpuid++] = (struct kvm_cpuid_entry2){
		.function = 0xd, .index = 0, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.eax = m->xcr0, .ebx = m->xsave_size, .ecx = m->xsave_size,
	};
	if (avx)
		m->cpuid[m->ncpuid++] = (struct kvm_cpuid_entry2){
			.function = 0xd, .index = 2, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
			.eax = 256, .ebx = 576,
		};
}

static void mask_features(struct cpu_model *m)
{
	struct kvm_cpuid_entry2 *one = cpu_model_leaf(m, 1, 0), *seven = cpu_model_leaf(m, 7, 0);
	struct kvm_cpuid_entry2 *ext = cpu_model_leaf(m, 0x80000001, 0);
	int xsave = (one->ecx & bit_XSAVE) && (one->ecx & bit_OSXSAVE);

	one->ebx = (one->ebx & 0xff00) | (1U << 16);	/* CLFLUSH size; one logical processor */
	one->ecx &= ECX1_ALLOWED;
	one->edx &= EDX1_ALLOWED;
	if (!xsave)
		one->ecx &= ~(bit_XSAVE | bit_OSXSAVE | AVX_FEATURES);
	one->ecx |= ECX1_HYPERVISOR;
	seven->eax = 0;
	seven->ebx &= EBX7_ALLOWED;
	seven->ecx &= ECX7_ALLOWED;
	seven->edx &= EDX7_ALLOWED;
	if (!(one->ecx & bit_AVX)) {
		seven->ebx &= ~bit_AVX2;
		seven->ecx &= ~((1U << 9) | (1U << 10));
	}
	ext->ecx &= ECX81_ALLOWED;
	ext->edx &= EDX81_ALLOWED | EDX1_ALLOWED;
	if (xsave)
		add_xsave(m, !!(one->ecx & bit_AVX));
	if (seven->ebx & bit_FSGSBASE) {
		m->features |= MVM_CPU_FSGSBASE;
		m->hwcap2 = 1U << 1;
	}
	m->hwcap = one->edx;
}

/* Without asking the host: each CPUID spared is 2 to 6 us where that is a guest itself. */
static void add_known(struct cpu_model *m, uint32_t leaf, uint32_t eax)
{
	m->cpuid[m->ncpuid++] = (struct kvm_cpuid_entry2){ .function = leaf, .eax = eax };
}

/* The brand string is one of our own. */
static void add_brand(struct cpu_model *m)
{
	static const char brand[48] = "mvm virtual CPU";

	for (uint32_t i = 0; i < 3; i++) {
		struct kvm_cpuid_entry2 *e = &m->cpuid[m->ncpuid++];

		*e = (struct kvm_cpuid_entry2){ .function = 0x80000002 + i };
		memcpy(&e->eax, brand + 16 * i, 16);
	}
}

void cpu_model_init(struct cpu_model *m)
{
	struct kvm_cpuid_entry2 *e;

	memset(m, 0, sizeof(*m));
	e = add(m, 0, 0, 0);
	e->eax = 0xd;
	add(m, 1, 0, 0);
	add(m, 7, 0, 1);
	add_known(m, 0x80000000, 0x80000008);
	add(m, 0x80000001, 0, 0);
	add_brand(m);
	add(m, 0x80000005, 0, 0);		/* cache sizes, as AMD tells them */
	add(m, 0x80000006, 0, 0);
	add(m, 0x80000008, 0, 0)->ecx = 0;	/* address widths; one core */
	mask_features(m);
}

void cpu_model_without(struct cpu_model *m, uint32_t features)
{
	if (features & MVM_CPU_FSGSBASE) {
		cpu_model_leaf(m, 7, 0)->ebx &= ~bit_FSGSBASE;
		m->hwcap2 = 0;
	}
	if (features & MVM_CPU_XSAVE) {
		cpu_model_leaf(m, 1, 0)->ecx &= ~(bit_XSAVE | bit_OSXSAVE | AVX_FEATURES);
		cpu_model_leaf(m, 7, 0)->ebx &= ~bit_AVX2;
		cpu_model_leaf(m, 7, 0)->ecx &= ~((1U << 9) | (1U << 10));
		m->xcr0 = 0;
		m->xsave_size = 0;
	}
	m->features &= ~features;
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, int code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff, .selector = selector, .type = type, .present = 1, .dpl = 3,
		.db = !code, .s = 1, .l = code, .g = 1,
	};
}

void cpu_start_sregs(struct kvm_sregs *s, const struct cpu_model *m, uint64_t pml4)
{
	struct kvm_segment data = segment(MVM_SEL_USER_DS, 3, 0);

	s->cs = segment(MVM_SEL_USER_CS, 11, 1);
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->tr = (struct kvm_segment){
		.base = TSS_VA, .limit = TSS_LIMIT, .selector = MVM_SEL_TSS,
		.type = 11, .present = 1,
	};
	s->ldt = (struct kvm_segment){ .unusable = 1, .type = 2, .present = 1 };
	s->gdt = (struct kvm_dtable){ .base = GDT_VA, .limit = GDT_LIMIT };
	s->idt = (struct kvm_dtable){ .base = IDT_VA, .limit = IDT_LIMIT };
	s->cr0 = CR0_START;
	s->cr3 = pml4;
	s->cr4 = CR4_START | (m->features & MVM_CPU_FSGSBASE ? CR4_FSGSBASE : 0) |
		 (m->features & MVM_CPU_XSAVE ? CR4_OSXSAVE : 0) | (m->no_tsc ? CR4_TSD : 0);
	s->efer = EFER_START;
}
