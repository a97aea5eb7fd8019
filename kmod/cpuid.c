/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID: what a guest may be told (the host's, through an allow list), what user space decided to
 * tell it, and the instruction itself.
 *
 * The list follows KVM's, without what needs a device or a switch that is not here: the APIC's
 * x2APIC mode and deadline timer, the PMU, MTRRs, machine checks, speculation control, protection
 * keys, SGX, processor trace, AMX, paravirtual features.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/kvm_para.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/processor-flags.h>

#include "core.h"
#include "vmx.h"

#define ENTRIES_MAX	256		/* KVM_MAX_CPUID_ENTRIES */
#define BASIC_MAX	0x1fU
#define EXTENDED_MAX	0x80000008U

#define F(name)		(1U << (X86_FEATURE_##name & 31))

enum { EAX, EBX, ECX, EDX };

/* The registers that are feature bits: where each of the kernel's capability words comes from. */
struct feature_word {
	u32 function, index;
	u8 reg;
	u8 word;			/* of boot_cpu_data.x86_capability */
	u32 allow;
};

static const struct feature_word feature_words[] = {
	{ 1, 0, ECX, CPUID_1_ECX,
	  F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) | F(PCID) | F(XMM4_1) | F(XMM4_2) |
	  F(MOVBE) | F(POPCNT) | F(AES) | F(XSAVE) | F(AVX) | F(F16C) | F(RDRAND) },
	{ 1, 0, EDX, CPUID_1_EDX,
	  F(FPU) | F(VME) | F(DE) | F(PSE) | F(TSC) | F(MSR) | F(PAE) | F(CX8) | F(APIC) | F(SEP) |
	  F(PGE) | F(CMOV) | F(PAT) | F(PSE36) | F(CLFLUSH) | F(MMX) | F(FXSR) | F(XMM) | F(XMM2) |
	  F(SELFSNOOP) },
	{ 7, 0, EBX, CPUID_7_0_EBX,
	  F(FSGSBASE) | F(TSC_ADJUST) | F(BMI1) | F(HLE) | F(AVX2) | F(FDP_EXCPTN_ONLY) | F(SMEP) |
	  F(BMI2) | F(ERMS) | F(INVPCID) | F(RTM) | F(ZERO_FCS_FDS) | F(AVX512F) | F(AVX512DQ) |
	  F(RDSEED) | F(ADX) | F(SMAP) | F(AVX512IFMA) | F(CLFLUSHOPT) | F(CLWB) | F(AVX512PF) |
	  F(AVX512ER) | F(AVX512CD) | F(SHA_NI) | F(AVX512BW) | F(AVX512VL) },
	{ 7, 0, ECX, CPUID_7_ECX,
	  F(AVX512VBMI) | F(RDPID) | F(AVX512_VPOPCNTDQ) | F(UMIP) | F(AVX512_VBMI2) | F(GFNI) |
	  F(VAES) | F(VPCLMULQDQ) | F(AVX512_VNNI) | F(AVX512_BITALG) | F(CLDEMOTE) | F(MOVDIRI) |
	  F(MOVDIR64B) },
	{ 7, 0, EDX, CPUID_7_EDX,
	  F(AVX512_4VNNIW) | F(AVX512_4FMAPS) | F(MD_CLEAR) | F(AVX512_VP2INTERSECT) | F(FSRM) |
	  F(SERIALIZE) | F(AVX512_FP16) },
	{ 7, 1, EAX, CPUID_7_1_EAX, F(AVX_VNNI) | F(AVX512_BF16) },
	{ 0xd, 1, EAX, CPUID_D_1_EAX, F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) | F(XSAVES) },
	{ 0x80000001, 0, ECX, CPUID_8000_0001_ECX,
	  F(LAHF_LM) | F(ABM) | F(SSE4A) | F(MISALIGNSSE) | F(3DNOWPREFETCH) },
	{ 0x80000001, 0, EDX, CPUID_8000_0001_EDX,
	  F(FPU) | F(VME) | F(DE) | F(PSE) | F(TSC) | F(MSR) | F(PAE) | F(CX8) | F(APIC) |
	  F(SYSCALL) | F(PGE) | F(CMOV) | F(PAT) | F(PSE36) | F(NX) | F(MMXEXT) | F(MMX) | F(FXSR) |
	  F(FXSR_OPT) | F(GBPAGES) | F(RDTSCP) | F(LM) },
};

/* The four registers lie behind each other in this order. */
static u32 *entry_reg(struct kvm_cpuid_entry2 *e, u8 reg)
{
	return &e->eax + reg;
}

static struct kvm_cpuid_entry2 *find(struct kvm_cpuid_entry2 *e, unsigned int n, u32 function,
				     u32 index)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (e[i].function == function &&
		    (!(e[i].flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e[i].index == index))
			return &e[i];
	}
	return NULL;
}

const struct kvm_cpuid_entry2 *mvm_cpuid_find(struct mvm_vcpu *vcpu, u32 leaf, u32 index)
{
	return find(vcpu->cpuid, vcpu->ncpuid, leaf, index);
}

bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int feature)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_words); i++) {
		const struct feature_word *w = &feature_words[i];
		struct kvm_cpuid_entry2 *e;

		if (w->word != feature / 32)
			continue;
		e = find(vcpu->cpuid, vcpu->ncpuid, w->function, w->index);
		return e && (*entry_reg(e, w->reg) & (1U << (feature & 31)));
	}
	return false;
}

/* What no guest may be told although the list allows it, because this processor's VMX lacks it. */
static u32 vmx_lacks(const struct feature_word *w)
{
	if (w->word == CPUID_7_0_EBX && !vmx_caps.invpcid)
		return F(INVPCID);
	if (w->word == CPUID_7_ECX && !vmx_caps.rdtscp)
		return F(RDPID);
	if (w->word == CPUID_8000_0001_EDX && !vmx_caps.rdtscp)
		return F(RDTSCP);
	if (w->word == CPUID_D_1_EAX && !vmx_caps.xsaves)
		return F(XSAVES);
	return 0;
}

static void mask_features(struct kvm_cpuid_entry2 *e)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_words); i++) {
		const struct feature_word *w = &feature_words[i];
		u32 *reg = entry_reg(e, w->reg);

		if (w->function != e->function || w->index != e->index)
			continue;
		*reg &= boot_cpu_data.x86_capability[w->word] & w->allow & ~vmx_lacks(w);
		/* Emulated, whatever the host has. */
		if (w->word == CPUID_7_0_EBX)
			*reg |= F(TSC_ADJUST);
	}
}

/* The list being made for KVM_GET_SUPPORTED_CPUID. */
struct cpuid_list {
	struct kvm_cpuid_entry2 *entries;
	unsigned int n, max;
};

/* Leaves whose answer depends on ECX (SDM 2, CPUID): bit n stands for leaf n. */
#define INDEXED	(BIT(4) | BIT(7) | BIT(0xb) | BIT(0xd) | BIT(0xf) | BIT(0x10) | BIT(0x12) | \
		 BIT(0x14) | BIT(0x17) | BIT(0x18) | BIT(0x1d) | BIT(0x1e) | BIT(0x1f))

static bool is_indexed(u32 function)
{
	return function == 0x8000001d || (function < 32 && (INDEXED & BIT(function)));
}

/* The host's leaf, appended; NULL: no room. */
static struct kvm_cpuid_entry2 *host_leaf(struct cpuid_list *list, u32 function, u32 index)
{
	struct kvm_cpuid_entry2 *e;

	if (list->n >= list->max)
		return NULL;
	e = &list->entries[list->n++];
	*e = (struct kvm_cpuid_entry2){ .function = function, .index = index };
	if (is_indexed(function))
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	cpuid_count(function, index, &e->eax, &e->ebx, &e->ecx, &e->edx);
	mask_features(e);
	return e;
}

static void clear_leaf(struct kvm_cpuid_entry2 *e)
{
	e->eax = e->ebx = e->ecx = e->edx = 0;
}

/* Deterministic cache parameters: subleaves until one names no cache. */
static int leaf_caches(struct cpuid_list *list, struct kvm_cpuid_entry2 *e)
{
	u32 i;

	for (i = 1; e->eax & 0x1f; i++) {
		e = host_leaf(list, 4, i);
		if (!e)
			return -E2BIG;
	}
	return 0;
}

static int leaf_features(struct cpuid_list *list, struct kvm_cpuid_entry2 *e)
{
	e->eax = min(e->eax, 1U);
	if (!e->eax)
		return 0;
	e = host_leaf(list, 7, 1);
	if (!e)
		return -E2BIG;
	e->ebx = e->ecx = e->edx = 0;
	return 0;
}

static int leaf_xsave(struct cpuid_list *list, struct kvm_cpuid_entry2 *e)
{
	u64 xcr0 = mvm_supported_xcr0();
	unsigned int i;

	e->eax &= xcr0;
	e->edx &= xcr0 >> 32;
	e->ebx = e->ecx = mvm_xsave_size(xcr0, false);
	if (!xcr0)
		return 0;
	e = host_leaf(list, 0xd, 1);
	if (!e)
		return -E2BIG;
	e->ebx = e->eax & (F(XSAVES) | F(XSAVEC)) ? mvm_xsave_size(xcr0, true) : 0;
	e->ecx = e->edx = 0;
	for (i = 2; i < 63; i++) {
		if (!(xcr0 & BIT_ULL(i)))
			continue;
		e = host_leaf(list, 0xd, i);
		if (!e)
			return -E2BIG;
		e->ecx &= ~BIT(2);
		e->edx = 0;
	}
	return 0;
}

static int add_leaf(struct cpuid_list *list, u32 function)
{
	struct kvm_cpuid_entry2 *e = host_leaf(list, function, 0);

	if (!e)
		return -E2BIG;
	switch (function) {
	case 0:
		e->eax = min(e->eax, BASIC_MAX);
		break;
	case 1:
	case 2:
	case 0x80000001 ... 0x80000004:
		break;
	case 4:
		return leaf_caches(list, e);
	case 6:
		clear_leaf(e);
		e->eax = 4;		/* always running APIC timer, as KVM says */
		break;
	case 7:
		return leaf_features(list, e);
	case 0xb:
	case 0x1f:
		e->eax = e->ebx = e->ecx = 0;	/* no topology */
		break;
	case 0xd:
		return leaf_xsave(list, e);
	case 0x80000000:
		e->eax = min(e->eax, EXTENDED_MAX);
		break;
	case 0x80000006:
		e->edx &= ~GENMASK(17, 16);
		break;
	case 0x80000007:
		e->eax = e->ebx = e->ecx = 0;
		e->edx &= boot_cpu_data.x86_power & BIT(8);	/* invariant TSC */
		break;
	case 0x80000008:
		e->eax &= 0xffff;
		e->ebx = e->ecx = e->edx = 0;
		break;
	case KVM_CPUID_SIGNATURE:
		e->eax = KVM_CPUID_FEATURES;
		memcpy(&e->ebx, KVM_SIGNATURE, sizeof(u32));
		memcpy(&e->ecx, KVM_SIGNATURE + 4, sizeof(u32));
		memcpy(&e->edx, KVM_SIGNATURE + 8, sizeof(u32));
		break;
	case KVM_CPUID_FEATURES:
		clear_leaf(e);
		e->eax = BIT(KVM_FEATURE_NOP_IO_DELAY);
		break;
	default:
		clear_leaf(e);
	}
	return 0;
}

static int add_leaves(struct cpuid_list *list, u32 base)
{
	u32 function, limit;
	int err;

	err = add_leaf(list, base);
	if (err)
		return err;
	limit = list->entries[list->n - 1].eax;
	for (function = base + 1; function <= limit && !err; function++)
		err = add_leaf(list, function);
	return err;
}

int mvm_cpuid_supported(struct kvm_cpuid2 __user *arg)
{
	struct cpuid_list list = {};
	u32 nent;
	int err;

	if (get_user(nent, &arg->nent))
		return -EFAULT;
	if (nent < 1)
		return -E2BIG;
	list.max = min_t(u32, nent, ENTRIES_MAX);
	list.entries = kvcalloc(list.max, sizeof(*list.entries), GFP_KERNEL);
	if (!list.entries)
		return -ENOMEM;
	get_cpu();			/* all leaves of one processor */
	err = add_leaves(&list, 0);
	if (!err)
		err = add_leaves(&list, 0x80000000);
	if (!err)
		err = add_leaves(&list, KVM_CPUID_SIGNATURE);
	put_cpu();
	if (!err && (copy_to_user(arg->entries, list.entries, list.n * sizeof(*list.entries)) ||
		     put_user(list.n, &arg->nent)))
		err = -EFAULT;
	kvfree(list.entries);
	return err;
}

static void set_bit_to(u32 *reg, u32 bit, bool on)
{
	*reg = on ? *reg | bit : *reg & ~bit;
}

/* The parts of a guest's CPUID that its own state decides. */
static void refresh(struct mvm_vcpu *vcpu, struct kvm_cpuid_entry2 *entries, unsigned int n)
{
	const struct mvm_regs *r = &vcpu->regs;
	struct kvm_cpuid_entry2 *e;

	e = find(entries, n, 1, 0);
	if (e) {
		if (boot_cpu_has(X86_FEATURE_XSAVE))
			set_bit_to(&e->ecx, F(OSXSAVE), r->cr4 & X86_CR4_OSXSAVE);
		set_bit_to(&e->edx, F(APIC), r->apic_base & MSR_IA32_APICBASE_ENABLE);
	}
	e = find(entries, n, 0xd, 0);
	if (e)
		e->ebx = mvm_xsave_size(r->xcr0, false);
	e = find(entries, n, 0xd, 1);
	if (e && (e->eax & (F(XSAVES) | F(XSAVEC))))
		e->ebx = mvm_xsave_size(r->xcr0, true);
}

void mvm_cpuid_refresh(struct mvm_vcpu *vcpu)
{
	refresh(vcpu, vcpu->cpuid, vcpu->ncpuid);
}

static int check(struct mvm_vcpu *vcpu, struct kvm_cpuid_entry2 *entries, unsigned int n)
{
	const struct kvm_cpuid_entry2 *e = find(entries, n, 0x80000008, 0);
	u32 vaddr_bits = e ? (e->eax >> 8) & 0xff : 0;
	unsigned int i;

	if (vaddr_bits != 0 && vaddr_bits != 48 && vaddr_bits != 57)
		return -EINVAL;
	if (vcpu->cpu < 0)
		return 0;
	/* Once it has run, only what it has: the engines and the VMCS rely on it. */
	if (n != vcpu->ncpuid)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (memcmp(&entries[i], &vcpu->cpuid[i],
			   offsetof(struct kvm_cpuid_entry2, padding)))
			return -EINVAL;
	}
	return 0;
}

int mvm_cpuid_set(struct mvm_vcpu *vcpu, struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid_entry2 *entries;
	struct kvm_cpuid2 head;
	int err;

	if (copy_from_user(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.nent > ENTRIES_MAX)
		return -E2BIG;
	/* With nent 0 this is not NULL: no CPUID is not the same as an empty one. */
	entries = vmemdup_user(arg->entries, head.nent * sizeof(*entries));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	refresh(vcpu, entries, head.nent);
	err = check(vcpu, entries, head.nent);
	if (err || vcpu->cpu >= 0) {
		kvfree(entries);
		return err;
	}
	kvfree(vcpu->cpuid);
	vcpu->cpuid = entries;
	vcpu->ncpuid = head.nent;
	vmx_config_changed(vcpu);
	return 0;
}

int mvm_cpuid_get(struct mvm_vcpu *vcpu, struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid2 head;

	if (copy_from_user(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.nent < vcpu->ncpuid)
		return -E2BIG;
	if (copy_to_user(arg->entries, vcpu->cpuid, vcpu->ncpuid * sizeof(*vcpu->cpuid)))
		return -EFAULT;
	head.nent = vcpu->ncpuid;
	return copy_to_user(arg, &head, sizeof(head)) ? -EFAULT : 0;
}

unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *e = mvm_cpuid_find(vcpu, 0x80000000, 0);

	if (e && e->eax >= 0x80000008)
		e = mvm_cpuid_find(vcpu, 0x80000008, 0);
	else
		e = NULL;
	return e ? min(e->eax & 0xff, 64U) : 36;
}

u64 mvm_gpa_reserved(struct mvm_vcpu *vcpu)
{
	unsigned int bits = mvm_maxphyaddr(vcpu);

	return bits < 64 ? ~0ULL << bits : 0;
}

/* CR4 bits that are there only with a feature. */
static const struct { unsigned int feature; u64 cr4; } cr4_features[] = {
	{ X86_FEATURE_XSAVE, X86_CR4_OSXSAVE },
	{ X86_FEATURE_SMEP, X86_CR4_SMEP },
	{ X86_FEATURE_SMAP, X86_CR4_SMAP },
	{ X86_FEATURE_FSGSBASE, X86_CR4_FSGSBASE },
	{ X86_FEATURE_UMIP, X86_CR4_UMIP },
	{ X86_FEATURE_PCID, X86_CR4_PCIDE },
};

u64 mvm_cr4_guest_allowed(struct mvm_vcpu *vcpu)
{
	u64 allowed = X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE |
		      X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_PCE | X86_CR4_OSFXSR |
		      X86_CR4_OSXMMEXCPT;
	unsigned int i;

	/* Before KVM_SET_CPUID2 a guest may have all that the host has, as in KVM. */
	for (i = 0; i < ARRAY_SIZE(cr4_features); i++) {
		if (boot_cpu_has(cr4_features[i].feature) &&
		    (!vcpu->cpuid || mvm_cpuid_has(vcpu, cr4_features[i].feature)))
			allowed |= cr4_features[i].cr4;
	}
	return allowed;
}

/* Intel's answer above the highest leaf of a range: the highest basic leaf (SDM 2, CPUID). */
static const struct kvm_cpuid_entry2 *out_of_range(struct mvm_vcpu *vcpu, u32 function, u32 index)
{
	const struct kvm_cpuid_entry2 *basic = mvm_cpuid_find(vcpu, 0, 0), *class;

	if (!basic || boot_cpu_data.x86_vendor != X86_VENDOR_INTEL)
		return NULL;
	if (function >= 0x40000000 && function <= 0x4fffffff)
		class = mvm_cpuid_find(vcpu, function & 0xffffff00, 0);
	else if (function >= 0xc0000000)
		class = mvm_cpuid_find(vcpu, 0xc0000000, 0);
	else
		class = mvm_cpuid_find(vcpu, function & 0x80000000, 0);
	if (class && function <= class->eax)
		return NULL;
	return mvm_cpuid_find(vcpu, basic->eax, index);
}

void mvm_cpuid_emulate(struct mvm_vcpu *vcpu)
{
	unsigned long *gpr = vcpu->regs.gpr;
	u32 function = gpr[MVM_RAX], index = gpr[MVM_RCX];
	const struct kvm_cpuid_entry2 *e = mvm_cpuid_find(vcpu, function, index);

	if (!e)
		e = out_of_range(vcpu, function, index);
	gpr[MVM_RAX] = e ? e->eax : 0;
	gpr[MVM_RBX] = e ? e->ebx : 0;
	gpr[MVM_RCX] = e ? e->ecx : 0;
	gpr[MVM_RDX] = e ? e->edx : 0;
	/* Topology beyond the last subleaf still tells the index and the APIC's number. */
	if (!e && (function == 0xb || function == 0x1f)) {
		e = mvm_cpuid_find(vcpu, function, 1);
		if (e) {
			gpr[MVM_RCX] = index & 0xff;
			gpr[MVM_RDX] = e->edx;
		}
	}
}
