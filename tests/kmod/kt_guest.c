/* SPDX-License-Identifier: MIT */
/* The guest of the tests: its memory, its tables, its vCPU, its exits.  See kt.h. */
#include "kt.h"

#include <cpuid.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define ERROR_CODES	0x20027d00U	/* vectors that push one: 8, 10-14, 17, 29 */
#define TSS_LIMIT	(0x68U + 65536 / 8)

static void put64(uint8_t *ram, uint64_t at, uint64_t value)
{
	memcpy(ram + at, &value, sizeof(value));
}

/* [push $0]; out %al, $port; add $8, %rsp; iretq */
static void stub(uint8_t *p, unsigned int vector)
{
	if (vector >= 32 || !(ERROR_CODES & 1U << vector)) {
		*p++ = 0x6a;
		*p++ = 0;
	}
	memcpy(p, (const uint8_t[]){ 0xe6, (uint8_t)KT_PORT(vector),
				     0x48, 0x83, 0xc4, 0x08, 0x48, 0xcf }, 8);
}

static void gate(uint8_t *ram, unsigned int vector)
{
	uint64_t to = KT_STUBS + 16 * vector;

	stub(ram + to, vector);
	put64(ram, KT_IDT + 16 * vector,
	      (to & 0xffff) | KT_CS0 << 16 | 0xeeUL << 40 | (to >> 16) << 48);
	put64(ram, KT_IDT + 16 * vector + 8, to >> 32);
}

void kt_tables(uint8_t *ram)
{
	const uint64_t all = KT_PTE_P | KT_PTE_W | KT_PTE_U;

	put64(ram, KT_PML4, KT_PDPT | all);
	put64(ram, KT_PDPT, KT_PD | all);
	put64(ram, KT_PD, KT_PT | all);
	for (uint64_t i = 1; i < KT_RAM >> 21; i++)
		put64(ram, KT_PD + 8 * i, i << 21 | all | KT_PTE_PS);
	for (uint64_t i = 0; i < 512; i++)
		put64(ram, KT_PT + 8 * i, i << 12 | all);
	put64(ram, KT_GDT + KT_CS0, 0x00af9b000000ffff);
	put64(ram, KT_GDT + KT_DS0, 0x00cf93000000ffff);
	put64(ram, KT_GDT + (KT_CS3 & ~7), 0x00affb000000ffff);
	put64(ram, KT_GDT + (KT_DS3 & ~7), 0x00cff3000000ffff);
	put64(ram, KT_GDT + KT_TR, 0x00008b0000000000 | TSS_LIMIT | (KT_TSS & 0xffffff) << 16);
	put64(ram, KT_GDT + KT_TR + 8, 0);
	put64(ram, KT_TSS + 4, KT_RSP0);
	ram[KT_TSS + 0x66] = 0x68;	/* a software KVM looks at the map, whatever IOPL says */
	for (unsigned int v = 0; v < KT_VECTORS; v++)
		gate(ram, v);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, unsigned int ring, bool code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff, .selector = selector, .type = type, .present = 1,
		.dpl = (uint8_t)ring, .db = !code, .s = 1, .l = code, .g = 1,
	};
}

void kt_sregs(struct kt_vm *v, struct kvm_sregs *s, unsigned int ring)
{
	kt_get_sregs(v, s);
	s->cs = segment(ring ? KT_CS3 : KT_CS0, 11, ring, true);
	s->ds = s->es = s->fs = s->gs = s->ss = segment(ring ? KT_DS3 : KT_DS0, 3, ring, false);
	s->tr = (struct kvm_segment){
		.base = KT_TSS, .limit = TSS_LIMIT, .selector = KT_TR, .type = 11, .present = 1,
	};
	s->ldt = (struct kvm_segment){ .unusable = 1, .type = 2, .present = 1 };
	s->gdt = (struct kvm_dtable){ .base = KT_GDT, .limit = 0x37 };
	s->idt = (struct kvm_dtable){ .base = KT_IDT, .limit = 16 * KT_VECTORS - 1 };
	s->cr0 = 0x80050033;		/* PG AM WP NE ET MP PE */
	s->cr3 = KT_PML4;
	s->cr4 = 0x6a0;			/* OSXMMEXCPT OSFXSR PGE PAE */
	s->efer = 0xd01;		/* NXE LMA LME SCE */
}

/* The host's own, without what a guest may not have everywhere: as the launcher does. */
static void set_cpuid(struct kt_vm *v)
{
	static const uint32_t leaves[] = { 0, 1, 7, 0x80000000, 0x80000001, 0x80000008 };
	struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 e[8]; } c = { .head.nent = 6 };

	for (unsigned int i = 0; i < 6; i++) {
		c.e[i].function = leaves[i];
		__cpuid_count(leaves[i], 0, c.e[i].eax, c.e[i].ebx, c.e[i].ecx, c.e[i].edx);
	}
	c.e[0].eax = 7;
	c.e[1].ecx &= 0x00982201;	/* SSE3 .. POPCNT; no XSAVE, VMX, MONITOR */
	c.e[1].edx &= 0x0783fbff;
	c.e[2].flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	c.e[2].eax = c.e[2].ecx = c.e[2].edx = 0;
	c.e[2].ebx &= 0x00000108;	/* BMI */
	c.e[3].eax = 0x80000008;
	if (IOCTL(v->vcpu, KVM_SET_CPUID2, &c))
		FAIL("KVM_SET_CPUID2: %s", strerror(errno));
}

void kt_restart(struct kt_vm *v, unsigned int ring)
{
	/* IF is set: Bochs leaves a guest without it alone, whatever interrupt is for the host. */
	const struct kvm_regs regs = {
		.rip = KT_CODE, .rsp = KT_STACK, .rflags = ring ? 0x3202 : 2,
	};
	struct kvm_sregs s;

	kt_sregs(v, &s, ring);
	if (IOCTL(v->vcpu, KVM_SET_SREGS, &s))
		FAIL("KVM_SET_SREGS: %s", strerror(errno));
	kt_set_regs(v, &regs);
}

void kt_set_start(struct kt_vm *v, unsigned int ring)
{
	set_cpuid(v);
	kt_restart(v, ring);
}

long kt_slot(int vm, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, void *hva)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	return IOCTL(vm, KVM_SET_USER_MEMORY_REGION, &r);
}

void kt_new_vm(struct kt_vm *v)
{
	*v = (struct kt_vm){ .dev = kt_open(), .vcpu = -1 };
	do
		v->vm = (int)IOCTL(v->dev, KVM_CREATE_VM, 0);
	while (v->vm == -EINTR);
	if (v->vm < 0)
		FAIL("KVM_CREATE_VM: %s", strerror(-v->vm));
}

void kt_new_vcpu(struct kt_vm *v)
{
	long size = IOCTL(v->dev, KVM_GET_VCPU_MMAP_SIZE, 0);

	v->vcpu = (int)IOCTL(v->vm, KVM_CREATE_VCPU, 0);
	if (v->vcpu < 0)
		FAIL("KVM_CREATE_VCPU: %s", strerror(-v->vcpu));
	if (size < 4096)
		FAIL("KVM_GET_VCPU_MMAP_SIZE is %ld", size);
	v->run_size = (size_t)size;
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
	if (v->run == MAP_FAILED)
		FAIL("mmap of the vCPU: %s", strerror(errno));
}

void kt_start(struct kt_vm *v, unsigned int ring)
{
	kt_new_vm(v);
	/* One 2 MiB boundary at least, so that large pages can be used. */
	v->ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (v->ram == MAP_FAILED)
		FAIL("mmap: %s", strerror(errno));
	kt_tables(v->ram);
	if (kt_slot(v->vm, 0, 0, 0, KT_RAM, v->ram))
		FAIL("KVM_SET_USER_MEMORY_REGION: %s", strerror(errno));
	kt_new_vcpu(v);
	kt_set_start(v, ring);
}

void kt_end(struct kt_vm *v)
{
	if (v->run)
		munmap(v->run, v->run_size);
	if (v->vcpu >= 0)
		close(v->vcpu);
	close(v->vm);
	close(v->dev);
	if (v->ram)
		munmap(v->ram, KT_RAM);
}

long kt_run(struct kt_vm *v)
{
	long r;

	do
		r = IOCTL(v->vcpu, KVM_RUN, 0);
	while (r == -EINTR || r == -EAGAIN);
	return r;
}

const char *kt_exit_name(const struct kt_vm *v)
{
	static char text[80];
	const struct kvm_run *k = v->run;

	if (k->exit_reason == KVM_EXIT_IO)
		snprintf(text, sizeof(text), "%s of %u at port %#x",
			 k->io.direction ? "out" : "in", k->io.size, k->io.port);
	else if (k->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		snprintf(text, sizeof(text), "internal error %u", k->internal.suberror);
	else if (k->exit_reason == KVM_EXIT_FAIL_ENTRY)
		snprintf(text, sizeof(text), "failed entry, reason %#llx",
			 (unsigned long long)k->fail_entry.hardware_entry_failure_reason);
	else
		snprintf(text, sizeof(text), "exit reason %u", k->exit_reason);
	return text;
}

void kt_run_to(struct kt_vm *v, uint32_t reason)
{
	long r = kt_run(v);

	if (r < 0)
		FAIL("KVM_RUN: %s", strerror((int)-r));
	if (v->run->exit_reason != reason)
		FAIL("left with %s, expected exit reason %u", kt_exit_name(v), reason);
}

void kt_run_to_nomem(struct kt_vm *v, uint64_t gpa)
{
	long r = kt_run(v);
	const struct kvm_run *k = v->run;

	if (r < 0)
		FAIL("KVM_RUN: %s", strerror((int)-r));
	if (k->exit_reason == KVM_EXIT_MMIO && k->mmio.phys_addr / 4096 == gpa / 4096)
		return;
	if (k->exit_reason != KVM_EXIT_INTERNAL_ERROR ||
	    k->internal.suberror != KVM_INTERNAL_ERROR_EMULATION)
		FAIL("left with %s, expected no memory at %#llx", kt_exit_name(v),
		     (unsigned long long)gpa);
}

void kt_complete(struct kt_vm *v)
{
	v->run->immediate_exit = 1;
	EQUAL(IOCTL(v->vcpu, KVM_RUN, 0), -EINTR);
	v->run->immediate_exit = 0;
}

void kt_run_to_port(struct kt_vm *v, uint16_t port)
{
	long r = kt_run(v);

	if (r < 0)
		FAIL("KVM_RUN: %s", strerror((int)-r));
	if (v->run->exit_reason != KVM_EXIT_IO || v->run->io.port != port)
		FAIL("left with %s, expected port %#x", kt_exit_name(v), port);
}

void kt_run_to_exception(struct kt_vm *v, unsigned int vector, struct kt_frame *f)
{
	struct kvm_regs r;

	kt_run_to_port(v, (uint16_t)KT_PORT(vector));
	kt_get_regs(v, &r);
	if (f)
		memcpy(f, v->ram + r.rsp, sizeof(*f));
}

void kt_get_regs(struct kt_vm *v, struct kvm_regs *r)
{
	if (IOCTL(v->vcpu, KVM_GET_REGS, r))
		FAIL("KVM_GET_REGS: %s", strerror(errno));
}

void kt_set_regs(struct kt_vm *v, const struct kvm_regs *r)
{
	if (IOCTL(v->vcpu, KVM_SET_REGS, r))
		FAIL("KVM_SET_REGS: %s", strerror(errno));
}

void kt_get_sregs(struct kt_vm *v, struct kvm_sregs *s)
{
	if (IOCTL(v->vcpu, KVM_GET_SREGS, s))
		FAIL("KVM_GET_SREGS: %s", strerror(errno));
}
