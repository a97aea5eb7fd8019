/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers: one table of which there are and where each one's value lies, and what
 * a write to it must look like.  Whether the guest's RDMSR and WRMSR get here at all is VMX's.
 */
#include "vmx.h"

#define MSRS_MAX	256		/* as KVM's MAX_IO_MSRS */
#define TSC_TOLERANCE_PPM	250	/* KVM's default: such a difference needs no scaling */
#define ADDRESS_BITS	48		/* no guest has 57-bit addresses */
#define APIC_BASE_RESERVED	(0x2ffULL | X2APIC_ENABLE)	/* SDM volume 3, 11.4.4 */

/* IA32_TSC's value lies nowhere: it is the host's and vcpu->tsc_offset. */
static const struct msr_desc {
	u32 index;
	u32 group;			/* MVM_ST_* of which it is */
	u16 offset;			/* of a u64 in struct mvm_regs */
	bool save;			/* in KVM_GET_MSR_INDEX_LIST: these come first */
} msrs[] = {
#define REG(field)	offsetof(struct mvm_regs, field)
	{ MSR_IA32_SYSENTER_CS, MVM_ST_SYSENTER, REG(sysenter_cs), true },
	{ MSR_IA32_SYSENTER_ESP, MVM_ST_SYSENTER, REG(sysenter_esp), true },
	{ MSR_IA32_SYSENTER_EIP, MVM_ST_SYSENTER, REG(sysenter_eip), true },
	{ MSR_STAR, 0, REG(user_msrs.star), true },
	{ MSR_CSTAR, 0, REG(cstar), true },
	{ MSR_KERNEL_GS_BASE, 0, REG(kernel_gs_base), true },
	{ MSR_SYSCALL_MASK, 0, REG(user_msrs.fmask), true },
	{ MSR_LSTAR, 0, REG(user_msrs.lstar), true },
	{ MSR_IA32_TSC, 0, 0, true },
	{ MSR_IA32_CR_PAT, MVM_ST_MISC, REG(pat), true },
	{ MSR_TSC_AUX, 0, REG(user_msrs.tsc_aux), true },
	{ MSR_IA32_TSC_ADJUST, 0, REG(tsc_adjust), true },
	{ MSR_FS_BASE, MVM_ST_SEG, REG(seg[MVM_FS].base), false },
	{ MSR_GS_BASE, MVM_ST_SEG, REG(seg[MVM_GS].base), false },
	{ MSR_EFER, MVM_ST_EFER, REG(efer), false },
	{ MSR_IA32_APICBASE, 0, REG(apic_base), false },
	{ MSR_IA32_DEBUGCTLMSR, MVM_ST_MISC, REG(debugctl), false },
};

static const struct msr_desc *msr_find(struct mvm_vcpu *vcpu, u32 index, bool host)
{
	unsigned int i;

	/* User space may have it where the guest has not. */
	if (index == MSR_TSC_AUX && !host && !mvm_cpuid_has(vcpu, X86_FEATURE_RDTSCP) &&
	    !mvm_cpuid_has(vcpu, X86_FEATURE_RDPID))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (msrs[i].index == index)
			return &msrs[i];
	}
	return NULL;
}

int mvm_msr_get(struct mvm_vcpu *vcpu, u32 index, u64 *val, bool host)
{
	const struct msr_desc *m = msr_find(vcpu, index, host);

	if (!m)
		return 1;
	*val = index == MSR_IA32_TSC ? rdtsc() + vcpu->tsc_offset :
	       *(u64 *)((void *)&vcpu->regs + m->offset);
	return 0;
}

static bool valid_efer(struct mvm_vcpu *vcpu, u64 efer, bool host)
{
	if (efer & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX))
		return false;
	if (host)
		return true;
	if (((efer & (EFER_LME | EFER_LMA)) && !mvm_cpuid_has(vcpu, X86_FEATURE_LM)) ||
	    ((efer & EFER_NX) && !mvm_cpuid_has(vcpu, X86_FEATURE_NX)))
		return false;
	return !((vcpu->regs.cr0 & X86_CR0_PG) && ((efer ^ vcpu->regs.efer) & EFER_LME));
}

/* Whether *val may be written.  Some of it is made fit instead, as KVM does. */
static bool valid(struct mvm_vcpu *vcpu, u32 index, u64 *val, bool host)
{
	switch (index) {
	case MSR_IA32_SYSENTER_CS:
	case MSR_SYSCALL_MASK:
		/* What is loaded into the processor must not fault there. */
		*val = (u32)*val;
		return true;
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
		*val = __canonical_address(*val, ADDRESS_BITS);
		return true;
	case MSR_CSTAR:
	case MSR_LSTAR:
	case MSR_KERNEL_GS_BASE:
	case MSR_FS_BASE:
	case MSR_GS_BASE:
		return __is_canonical_address(*val, ADDRESS_BITS);
	case MSR_IA32_CR_PAT:
		/* SDM volume 3, 12.12.2: eight types, a byte each, 2 and 3 are reserved. */
		return !(*val & 0xf8f8f8f8f8f8f8f8ULL) &&
		       (*val | (*val & 0x0202020202020202ULL) << 1) == *val;
	case MSR_TSC_AUX:
		return *val >> 32 == 0;
	case MSR_EFER:
		return valid_efer(vcpu, *val, host);
	case MSR_IA32_APICBASE:
		return !(*val & (APIC_BASE_RESERVED | mvm_gpa_reserved(vcpu)));
	case MSR_IA32_DEBUGCTLMSR:
		/* Branch tracing is refused without a fault; nothing else of it is there. */
		*val &= ~(u64)(DEBUGCTLMSR_BTF | DEBUGCTLMSR_LBR);
		return *val == 0;
	default:
		return true;
	}
}

int mvm_msr_set(struct mvm_vcpu *vcpu, u32 index, u64 val, bool host)
{
	const struct msr_desc *m = msr_find(vcpu, index, host);
	u64 *reg, by;

	if (!m || !valid(vcpu, index, &val, host))
		return 1;
	reg = (void *)&vcpu->regs + m->offset;
	switch (index) {
	case MSR_IA32_TSC:
		by = val - (rdtsc() + vcpu->tsc_offset);
		vcpu->tsc_offset += by;
		if (!host)
			vcpu->regs.tsc_adjust += by;
		break;
	case MSR_IA32_TSC_ADJUST:
		if (!mvm_cpuid_has(vcpu, X86_FEATURE_TSC_ADJUST))
			break;
		if (!host)
			vcpu->tsc_offset += val - *reg;
		*reg = val;
		break;
	case MSR_EFER:
		val = (val & ~(u64)EFER_LMA) | (*reg & EFER_LMA);
		swap(*reg, val);
		if (*reg != val)
			mvm_cr_changed(vcpu, MVM_EFER);
		break;
	case MSR_IA32_APICBASE:
		*reg = val;
		mvm_cpuid_refresh(vcpu);
		break;
	default:
		*reg = val;
	}
	mvm_state_put(vcpu, m->group);
	return 0;
}

int mvm_msr_list(struct kvm_msr_list __user *arg)
{
	u32 saved[ARRAY_SIZE(msrs)];
	u32 room, n;

	if (get_user(room, &arg->nmsrs))
		return -EFAULT;
	for (n = 0; msrs[n].save; n++)
		saved[n] = msrs[n].index;
	if (put_user(n, &arg->nmsrs))
		return -EFAULT;
	if (room < n)
		return -E2BIG;
	return copy_to_user(arg->indices, saved, n * sizeof(saved[0])) ? -EFAULT : 0;
}

long mvm_msr_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, struct kvm_msrs __user *arg)
{
	struct kvm_msr_entry *entries, *e;
	size_t size;
	u32 n;
	long i;

	if (get_user(n, &arg->nmsrs))
		return -EFAULT;
	if (n >= MSRS_MAX)
		return -E2BIG;
	size = n * sizeof(*entries);
	entries = memdup_user(arg->entries, size);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	for (i = 0, e = entries; i < n; i++, e++) {
		if (cmd == KVM_GET_MSRS ? mvm_msr_get(vcpu, e->index, &e->data, true) :
					  mvm_msr_set(vcpu, e->index, e->data, true))
			break;
	}
	if (cmd == KVM_GET_MSRS && copy_to_user(arg->entries, entries, size))
		i = -EFAULT;
	kfree(entries);
	return i;
}

int mvm_set_tsc_khz(struct mvm_vcpu *vcpu, u32 khz)
{
	khz = khz ?: tsc_khz;
	if (abs((s64)khz - tsc_khz) * 1000000ULL > (u64)tsc_khz * TSC_TOLERANCE_PPM)
		return -EINVAL;
	vcpu->tsc_khz = khz;
	return 0;
}
