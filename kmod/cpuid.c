/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID: what a guest may be told (the host's, through an allow list), what user space decided to
 * tell it, and the instruction itself; and XCR0, whose bits are leaf 0xD's.
 *
 * The list follows KVM's, without what needs a device or a switch that is not here: the APIC's
 * x2APIC mode and deadline timer, the PMU, MTRRs, machine checks, speculation control, protection
 * keys, SGX, processor trace, AMX, supervisor state (XSAVES), paravirtual features; and without
 * what only AMD has.
 */
#include "vmx.h"
#include <asm/fpu/xstate.h>
#include <asm/kvm_para.h>

#define ENTRIES_MAX	256		/* KVM_MAX_CPUID_ENTRIES */
#define RANGE_MAX	0x1f		/* the last leaf of each range, at most */
#define SUBLEAVES_MAX	64		/* of the three leaves that have any: within ENTRIES_MAX */

#define F(name)		(1U << (X86_FEATURE_##name & 31))

enum { EAX, EBX, ECX, EDX };		/* so they lie in struct kvm_cpuid_entry2, and in gpr[] */

/* The registers that are feature bits: where each of the kernel's capability words comes from. */
static const struct feature_word {
	u32 function, index;
	u8 reg;
	u8 word;			/* of boot_cpu_data.x86_capability */
	u32 allow;
	u32 vmx_feature, vmx_control;	/* of these, what needs that secondary control of VMX */
} feature_words[] = {
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
	  F(AVX512ER) | F(AVX512CD) | F(SHA_NI) | F(AVX512BW) | F(AVX512VL),
	  F(INVPCID), SECONDARY_EXEC_ENABLE_INVPCID },
	{ 7, 0, ECX, CPUID_7_ECX,
	  F(AVX512VBMI) | F(RDPID) | F(AVX512_VPOPCNTDQ) | F(UMIP) | F(AVX512_VBMI2) | F(GFNI) |
	  F(VAES) | F(VPCLMULQDQ) | F(AVX512_VNNI) | F(AVX512_BITALG) | F(CLDEMOTE) | F(MOVDIRI) |
	  F(MOVDIR64B), F(RDPID), SECONDARY_EXEC_ENABLE_RDTSCP },
	{ 7, 0, EDX, CPUID_7_EDX,
	  F(AVX512_4VNNIW) | F(AVX512_4FMAPS) | F(MD_CLEAR) | F(AVX512_VP2INTERSECT) | F(FSRM) |
	  F(SERIALIZE) | F(AVX512_FP16) },
	{ 7, 1, EAX, CPUID_7_1_EAX, F(AVX_VNNI) | F(AVX512_BF16) },
	{ 0xd, 1, EAX, CPUID_D_1_EAX, F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) },
	{ 0x80000001, 0, ECX, CPUID_8000_0001_ECX, F(LAHF_LM) | F(ABM) | F(3DNOWPREFETCH) },
	{ 0x80000001, 0, EDX, CPUID_8000_0001_EDX,
	  F(SYSCALL) | F(NX) | F(GBPAGES) | F(RDTSCP) | F(LM),
	  F(RDTSCP), SECONDARY_EXEC_ENABLE_RDTSCP },
};

static struct kvm_cpuid_entry2 *find(struct mvm_vcpu *vcpu, u32 function, u32 index)
{
	struct kvm_cpuid_entry2 *e = vcpu->cpuid;
	unsigned int i;

	for (i = 0; i < vcpu->ncpuid; i++, e++) {
		if (e->function == function &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index))
			return e;
	}
	return NULL;
}

bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int feature)
{
	const struct feature_word *w = feature_words;
	struct kvm_cpuid_entry2 *e;

	while (w->word != feature / 32)
		w++;
	e = find(vcpu, w->function, w->index);
	return e && ((&e->eax)[w->reg] & (1U << (feature & 31)));
}

/* ---- XCR0 and the XSAVE area ---- */

/* Bytes of an XSAVE area with these components, standard or compacted layout (SDM 1, 13.4). */
static u32 xsave_size(u64 features, bool compacted)
{
	u32 i, size = XSAVE_HDR_OFFSET + XSAVE_HDR_SIZE;

	for (i = FIRST_EXTENDED_XFEATURE; features >> i; i++) {
		u32 bytes, at, flags, unused;

		if (!(features >> i & 1))
			continue;
		cpuid_count(0xd, i, &bytes, &at, &flags, &unused);
		if (compacted)
			at = flags & 2 ? ALIGN(size, 64) : size;
		size = max(size, at + bytes);
	}
	return size;
}

u64 mvm_guest_xcr0(struct mvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *e = find(vcpu, 0xd, 0);

	return e ? (e->eax | (u64)e->edx << 32) & mvm_host_xcr0() : 0;
}

int mvm_set_xcr0(struct mvm_vcpu *vcpu, u64 xcr0)
{
	const u64 avx512 = XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512;

	if (!(xcr0 & XFEATURE_MASK_FP) || (xcr0 & ~(mvm_guest_xcr0(vcpu) | XFEATURE_MASK_FP)) ||
	    ((xcr0 & XFEATURE_MASK_YMM) && !(xcr0 & XFEATURE_MASK_SSE)) ||
	    ((xcr0 & XFEATURE_MASK_AVX512) && (xcr0 & avx512) != avx512))
		return 1;
	vcpu->regs.xcr0 = xcr0;
	mvm_cpuid_refresh(vcpu);
	return 0;
}

/* ---- KVM_GET_SUPPORTED_CPUID ---- */

static void mask_features(struct kvm_cpuid_entry2 *e)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_words); i++) {
		const struct feature_word *w = &feature_words[i];
		u32 *reg = &e->eax + w->reg;

		if (w->function != e->function || w->index != e->index)
			continue;
		*reg &= boot_cpu_data.x86_capability[w->word] & w->allow;
		if (!(vmx_caps.cpu2 & w->vmx_control))
			*reg &= ~w->vmx_feature;
		/* Emulated, whatever the host has. */
		if (w->word == CPUID_7_0_EBX)
			*reg |= F(TSC_ADJUST);
	}
}

static void answer(struct kvm_cpuid_entry2 *e, u32 eax, u32 ebx, u32 ecx, u32 edx)
{
	e->eax = eax;
	e->ebx = ebx;
	e->ecx = ecx;
	e->edx = edx;
}

static void adjust_xsave(struct kvm_cpuid_entry2 *e)
{
	u64 xcr0 = mvm_host_xcr0();
	u32 size = xsave_size(xcr0, e->index == 1);

	if (e->index == 0)
		answer(e, e->eax & xcr0, size, size, 0);
	else if (e->index == 1)
		answer(e, e->eax, e->eax & F(XSAVEC) ? size : 0, 0, 0);
	else
		answer(e, e->eax, e->ebx, e->ecx & ~BIT(2), 0);
}

/*
 * The registers of the host's leaves that a guest is told, a bit each, and whether the answer
 * depends on ECX (SDM 2, CPUID).  The first range is that of leaf 0, the second of 80000000h.
 */
#define ALL	0xf
#define INDEXED	0x10
static const u8 told[2][RANGE_MAX + 1] = {
	{ [0 ... 2] = ALL, [4] = ALL | INDEXED, [7] = ALL | INDEXED, [0xb] = BIT(EDX) | INDEXED,
	  [0xd] = ALL | INDEXED, [0xf ... 0x10] = INDEXED, [0x12] = INDEXED, [0x14] = INDEXED,
	  [0x17 ... 0x18] = INDEXED, [0x1d ... 0x1e] = INDEXED, [0x1f] = BIT(EDX) | INDEXED },
	{ [0 ... 4] = ALL, [6] = ALL, [7] = BIT(EDX), [8] = BIT(EAX) },
};

/* What is not the host's, or not all of it. */
static void adjust(struct kvm_cpuid_entry2 *e)
{
	const u32 *signature = (const u32 *)KVM_SIGNATURE;

	switch (e->function) {
	case 0:
	case 0x80000000:
		e->eax = min(e->eax, e->function + RANGE_MAX);
		break;
	case 6:
		e->eax = 4;		/* always running APIC timer, as KVM says */
		break;
	case 7:
		if (e->index == 0)
			e->eax = min(e->eax, 1U);
		else
			answer(e, e->eax, 0, 0, 0);
		break;
	case 0xd:
		adjust_xsave(e);
		break;
	case KVM_CPUID_SIGNATURE:
		answer(e, KVM_CPUID_FEATURES, signature[0], signature[1], signature[2]);
		break;
	case KVM_CPUID_FEATURES:
		answer(e, BIT(KVM_FEATURE_NOP_IO_DELAY), 0, 0, 0);
		break;
	}
}

/* Of the subleaves that are listed, the one after e; 0: e was the last. */
static u32 next_index(const struct kvm_cpuid_entry2 *e)
{
	u32 next = e->index + 1;

	switch (e->function) {
	case 4:			/* caches, until a subleaf names none */
		return e->eax & 0x1f ? next % SUBLEAVES_MAX : 0;
	case 7:
		return e->index == 0 && e->eax ? 1 : 0;
	case 0xd:		/* 1 goes with any component, above it each component has its own */
		while (next < SUBLEAVES_MAX && !(mvm_host_xcr0() >> next & 1))
			next++;
		return next % SUBLEAVES_MAX;
	default:
		return 0;
	}
}

static struct kvm_cpuid_entry2 *add_leaf(struct kvm_cpuid_entry2 *e, u32 function)
{
	u8 what = told[function >> 31][function & RANGE_MAX];
	u32 index = 0, reg;

	do {
		*e = (struct kvm_cpuid_entry2){ .function = function, .index = index };
		if (what & INDEXED)
			e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		cpuid_count(function, index, &e->eax, &e->ebx, &e->ecx, &e->edx);
		for (reg = EAX; reg <= EDX; reg++)
			(&e->eax)[reg] &= what & BIT(reg) ? ~0U : 0;
		mask_features(e);
		adjust(e);
		index = next_index(e++);
	} while (index);
	return e;
}

static struct kvm_cpuid_entry2 *add_leaves(struct kvm_cpuid_entry2 *e, u32 base)
{
	const struct kvm_cpuid_entry2 *first = e;
	u32 function = base;

	do
		e = add_leaf(e, function);
	while (function++ < first->eax);
	return e;
}

int mvm_cpuid_put(struct kvm_cpuid2 __user *arg, const struct kvm_cpuid_entry2 *entries, u32 n)
{
	u32 room;

	if (get_user(room, &arg->nent))
		return -EFAULT;
	if (room < n)
		return -E2BIG;
	return copy_to_user(arg->entries, entries, n * sizeof(*entries)) ||
	       put_user(n, &arg->nent) ? -EFAULT : 0;
}

int mvm_cpuid_supported(struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid_entry2 *entries, *end;
	int err;

	entries = kmalloc_array(ENTRIES_MAX, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	get_cpu();			/* all leaves of one processor */
	end = add_leaves(entries, 0);
	end = add_leaves(end, 0x80000000);
	end = add_leaves(end, KVM_CPUID_SIGNATURE);
	put_cpu();
	err = mvm_cpuid_put(arg, entries, end - entries);
	kfree(entries);
	return err;
}

/* ---- what user space has chosen for a guest ---- */

/* The parts of a guest's CPUID that its own state decides: CR4, XCR0, APIC_BASE. */
void mvm_cpuid_refresh(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	struct kvm_cpuid_entry2 *e = find(vcpu, 1, 0);

	if (e) {
		e->ecx = (e->ecx & ~F(OSXSAVE)) | (r->cr4 & X86_CR4_OSXSAVE ? F(OSXSAVE) : 0);
		e->edx = (e->edx & ~F(APIC)) |
			 (r->apic_base & MSR_IA32_APICBASE_ENABLE ? F(APIC) : 0);
	}
	e = find(vcpu, 0xd, 0);
	if (e)
		e->ebx = xsave_size(r->xcr0, false);
	e = find(vcpu, 0xd, 1);
	if (e && (e->eax & F(XSAVEC)))
		e->ebx = xsave_size(r->xcr0, true);
}

/* Whether the vCPU's CPUID may be what it is now, after the n entries of old. */
static bool valid(struct mvm_vcpu *vcpu, const struct kvm_cpuid_entry2 *old, u32 n)
{
	const struct kvm_cpuid_entry2 *e = find(vcpu, 0x80000008, 0);
	u32 i, vaddr_bits = e ? (e->eax >> 8) & 0xff : 0;

	if (vaddr_bits != 0 && vaddr_bits != 48 && vaddr_bits != 57)
		return false;
	if (vcpu->cpu < 0)
		return true;
	/* Once it has run, only what it has: the engines and the VMCS rely on it. */
	if (n != vcpu->ncpuid)
		return false;
	for (i = 0; i < n; i++) {
		if (memcmp(&vcpu->cpuid[i], &old[i], offsetof(struct kvm_cpuid_entry2, padding)))
			return false;
	}
	return true;
}

int mvm_cpuid_set(struct mvm_vcpu *vcpu, struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid_entry2 *entries;
	int err = 0;
	u32 n;

	if (get_user(n, &arg->nent))
		return -EFAULT;
	if (n > ENTRIES_MAX)
		return -E2BIG;
	/* With nent 0 this is not NULL: no CPUID is not the same as an empty one. */
	entries = vmemdup_user(arg->entries, n * sizeof(*entries));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	swap(vcpu->cpuid, entries);
	swap(vcpu->ncpuid, n);
	mvm_cpuid_refresh(vcpu);
	if (!valid(vcpu, entries, n)) {
		swap(vcpu->cpuid, entries);
		swap(vcpu->ncpuid, n);
		err = -EINVAL;
	}
	kvfree(entries);
	vcpu->vmx.config_stale = true;
	return err;
}

unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *max = find(vcpu, 0x80000000, 0);
	const struct kvm_cpuid_entry2 *e = find(vcpu, 0x80000008, 0);

	if (!max || max->eax < 0x80000008 || !e)
		return 36;
	return min(e->eax & 0xff, 64U);
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
	const struct kvm_cpuid_entry2 *basic = find(vcpu, 0, 0), *highest;
	u32 range = 0x80000000;

	if (!basic || boot_cpu_data.x86_vendor != X86_VENDOR_INTEL)
		return NULL;
	if (function >> 28 == 4)		/* each hypervisor's has its own 256 */
		range = 0xffffff00;
	else if (function >= 0xc0000000)
		range = 0xc0000000;
	highest = find(vcpu, function & range, 0);
	if (highest && function <= highest->eax)
		return NULL;
	return find(vcpu, basic->eax, index);
}

void mvm_cpuid_emulate(struct mvm_vcpu *vcpu)
{
	static const struct kvm_cpuid_entry2 zero;
	unsigned long *gpr = vcpu->regs.gpr;
	u32 function = gpr[MVM_RAX], index = gpr[MVM_RCX], reg;
	const struct kvm_cpuid_entry2 *e = find(vcpu, function, index), *last;

	if (!e)
		e = out_of_range(vcpu, function, index) ?: &zero;
	for (reg = EAX; reg <= EDX; reg++)
		gpr[reg] = (&e->eax)[reg];
	/* Topology beyond the last subleaf still tells the index and the APIC's number. */
	last = e == &zero && (function == 0xb || function == 0x1f) ? find(vcpu, function, 1) : NULL;
	if (last) {
		gpr[MVM_RCX] = index & 0xff;
		gpr[MVM_RDX] = last->edx;
	}
}
