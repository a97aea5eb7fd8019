/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers: one table of which there are, where each one's value lies, and what a
 * write to it must look like.  Whether the guest's RDMSR and WRMSR get here at all is VMX's.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/tsc.h>

#include "core.h"
#include "vmx.h"

#define MSRS_MAX	256		/* as KVM's MAX_IO_MSRS */
#define TSC_TOLERANCE_PPM	250	/* KVM's default: such a difference needs no scaling */

struct msr_desc {
	u32 index;
	u32 group;			/* MVM_ST_*: what must be in vcpu->regs, and is put back */
	u16 offset;			/* of a u64 in struct mvm_regs, without get or set */
	bool save;			/* in KVM_GET_MSR_INDEX_LIST */
	bool (*has)(struct mvm_vcpu *vcpu);	/* NULL: every guest has it; user space, always */
	/* Each 0, or 1 for #GP.  check: may *val be written; may change it. */
	int (*get)(struct mvm_vcpu *vcpu, u64 *val, bool host);
	int (*set)(struct mvm_vcpu *vcpu, u64 val, bool host);
	int (*check)(struct mvm_vcpu *vcpu, u64 *val, bool host);
};

/* 48 bits: no guest has 57-bit addresses. */
static u64 canonical(u64 val)
{
	return (s64)(val << 16) >> 16;
}

static int check_canonical(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	return canonical(*val) != *val;
}

/* SYSENTER's: made canonical, not refused, as KVM does. */
static int make_canonical(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val = canonical(*val);
	return 0;
}

/* Of which the upper half is reserved: what is loaded into the processor must not fault there. */
static int check_u32(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val = (u32)*val;
	return 0;
}

/* SDM volume 3, 12.12.2: eight types, of which 2 and 3 are reserved. */
static int check_pat(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	unsigned int i;

	for (i = 0; i < 64; i += 8) {
		u8 type = *val >> i;

		if (type > 7 || type == 2 || type == 3)
			return 1;
	}
	return 0;
}

static bool has_tsc_aux(struct mvm_vcpu *vcpu)
{
	return mvm_cpuid_has(vcpu, X86_FEATURE_RDTSCP) || mvm_cpuid_has(vcpu, X86_FEATURE_RDPID);
}

static int check_tsc_aux(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	return *val >> 32 != 0;
}

/* Branch tracing is refused without a fault; nothing else of DEBUGCTL is there. */
static int check_debugctl(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val &= ~(u64)(DEBUGCTLMSR_BTF | DEBUGCTLMSR_LBR);
	return *val != 0;
}

static int check_misc_enable(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	const u64 read_only = MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL | MSR_IA32_MISC_ENABLE_BTS_UNAVAIL;
	const u64 ignored = MSR_IA32_MISC_ENABLE_EMON;
	u64 old = vcpu->regs.misc_enable;

	if (host)
		return 0;
	if ((old ^ *val) & read_only)
		return 1;
	*val = (*val & ~ignored) | (old & ignored);
	return 0;
}

static bool has_xss(struct mvm_vcpu *vcpu)
{
	return mvm_cpuid_has(vcpu, X86_FEATURE_XSAVES);
}

static int check_xss(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	return *val != 0;
}

static int get_tsc(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val = rdtsc() + vcpu->tsc_offset;
	return 0;
}

static void move_tsc(struct mvm_vcpu *vcpu, s64 by)
{
	vcpu->tsc_offset += by;
	mvm_state_put(vcpu, MVM_ST_MISC);
}

static int set_tsc(struct mvm_vcpu *vcpu, u64 val, bool host)
{
	s64 by = val - (rdtsc() + vcpu->tsc_offset);

	move_tsc(vcpu, by);
	if (!host)
		vcpu->regs.tsc_adjust += by;
	return 0;
}

static int set_tsc_adjust(struct mvm_vcpu *vcpu, u64 val, bool host)
{
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_TSC_ADJUST))
		return 0;
	if (!host)
		move_tsc(vcpu, val - vcpu->regs.tsc_adjust);
	vcpu->regs.tsc_adjust = val;
	return 0;
}

int mvm_set_efer(struct mvm_vcpu *vcpu, u64 efer, bool host)
{
	const struct mvm_mmu_ops *mmu = vcpu->vm->mmu;
	struct mvm_regs *r = &vcpu->regs;
	u64 old = r->efer;

	if (efer & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX))
		return 1;
	if (!host) {
		if ((efer & (EFER_LME | EFER_LMA)) && !mvm_cpuid_has(vcpu, X86_FEATURE_LM))
			return 1;
		if ((efer & EFER_NX) && !mvm_cpuid_has(vcpu, X86_FEATURE_NX))
			return 1;
		if ((r->cr0 & X86_CR0_PG) && ((efer ^ old) & EFER_LME))
			return 1;
	}
	r->efer = (efer & ~(u64)EFER_LMA) | (old & EFER_LMA);
	mvm_state_put(vcpu, MVM_ST_EFER);
	if (r->efer != old && mmu->cr_changed)
		mmu->cr_changed(vcpu, MVM_EFER);
	return 0;
}

/* Read as zero in KVM; writes are refused but for the zero that was read, from user space. */
static int get_zero(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val = 0;
	return 0;
}

static int set_zero(struct mvm_vcpu *vcpu, u64 val, bool host)
{
	return !host || val;
}

static int ignore(struct mvm_vcpu *vcpu, u64 val, bool host)
{
	return 0;
}

static int get_ucode_rev(struct mvm_vcpu *vcpu, u64 *val, bool host)
{
	*val = 0x100000000ULL;
	return 0;
}

#define REG(field)	.offset = offsetof(struct mvm_regs, field)

static const struct msr_desc msrs[] = {
	{ MSR_IA32_SYSENTER_CS, MVM_ST_SYSENTER, REG(sysenter_cs), true, .check = check_u32 },
	{ MSR_IA32_SYSENTER_ESP, MVM_ST_SYSENTER, REG(sysenter_esp), true,
	  .check = make_canonical },
	{ MSR_IA32_SYSENTER_EIP, MVM_ST_SYSENTER, REG(sysenter_eip), true,
	  .check = make_canonical },
	{ MSR_STAR, 0, REG(user_msrs.star), true },
	{ MSR_CSTAR, 0, REG(user_msrs.cstar), true, .check = check_canonical },
	{ MSR_KERNEL_GS_BASE, 0, REG(kernel_gs_base), true, .check = check_canonical },
	{ MSR_SYSCALL_MASK, 0, REG(user_msrs.fmask), true, .check = check_u32 },
	{ MSR_LSTAR, 0, REG(user_msrs.lstar), true, .check = check_canonical },
	{ MSR_IA32_TSC, 0, .save = true, .get = get_tsc, .set = set_tsc },
	{ MSR_IA32_CR_PAT, MVM_ST_MISC, REG(pat), true, .check = check_pat },
	{ MSR_TSC_AUX, 0, REG(user_msrs.tsc_aux), true, .check = check_tsc_aux,
	  .has = has_tsc_aux },
	{ MSR_IA32_XSS, 0, REG(xss), true, .check = check_xss, .has = has_xss },
	{ MSR_IA32_TSC_ADJUST, 0, REG(tsc_adjust), true, .set = set_tsc_adjust },
	{ MSR_IA32_MISC_ENABLE, 0, REG(misc_enable), true, .check = check_misc_enable },
	{ MSR_FS_BASE, MVM_ST_SEG, REG(seg[MVM_FS].base), .check = check_canonical },
	{ MSR_GS_BASE, MVM_ST_SEG, REG(seg[MVM_GS].base), .check = check_canonical },
	{ MSR_EFER, MVM_ST_EFER | MVM_ST_CR0, REG(efer), .set = mvm_set_efer },
	{ MSR_IA32_APICBASE, 0, REG(apic_base), .set = mvm_set_apic_base },
	{ MSR_IA32_DEBUGCTLMSR, MVM_ST_MISC, REG(debugctl), .check = check_debugctl },
	{ MSR_IA32_UCODE_REV, 0, .save = true, .get = get_ucode_rev, .set = ignore },
	{ MSR_IA32_PLATFORM_ID, 0, .get = get_zero, .set = set_zero },
	{ MSR_IA32_EBL_CR_POWERON, 0, .get = get_zero, .set = set_zero },
};

static const struct msr_desc *msr_find(u32 index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (msrs[i].index == index)
			return &msrs[i];
	}
	return NULL;
}

int mvm_msr_get(struct mvm_vcpu *vcpu, u32 index, u64 *val, bool host)
{
	const struct msr_desc *m = msr_find(index);

	if (!m || (!host && m->has && !m->has(vcpu)))
		return 1;
	mvm_state_get(vcpu, m->group);
	if (m->get)
		return m->get(vcpu, val, host);
	*val = *(u64 *)((char *)&vcpu->regs + m->offset);
	return 0;
}

int mvm_msr_set(struct mvm_vcpu *vcpu, u32 index, u64 val, bool host)
{
	const struct msr_desc *m = msr_find(index);
	int err;

	if (!m || (!host && m->has && !m->has(vcpu)))
		return 1;
	mvm_state_get(vcpu, m->group);
	err = m->check ? m->check(vcpu, &val, host) : 0;
	if (err)
		return err;
	if (m->set)
		err = m->set(vcpu, val, host);
	else
		*(u64 *)((char *)&vcpu->regs + m->offset) = val;
	if (!err && m->group)
		mvm_state_put(vcpu, m->group);
	return err;
}

int mvm_msr_list(struct kvm_msr_list __user *arg)
{
	unsigned int i, n = 0;
	u32 room;

	if (get_user(room, &arg->nmsrs))
		return -EFAULT;
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		n += msrs[i].save;
	if (put_user(n, &arg->nmsrs))
		return -EFAULT;
	if (room < n)
		return -E2BIG;
	for (i = 0, n = 0; i < ARRAY_SIZE(msrs); i++) {
		if (msrs[i].save && put_user(msrs[i].index, &arg->indices[n++]))
			return -EFAULT;
	}
	return 0;
}

long mvm_msr_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, struct kvm_msrs __user *arg)
{
	struct kvm_msr_entry *entries;
	struct kvm_msrs head;
	size_t size;
	long i;

	if (copy_from_user(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs >= MSRS_MAX)
		return -E2BIG;
	size = head.nmsrs * sizeof(*entries);
	entries = memdup_user(arg->entries, size);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	for (i = 0; i < head.nmsrs; i++) {
		struct kvm_msr_entry *e = &entries[i];

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
	u64 off;

	if (!khz)
		khz = tsc_khz;
	off = abs((s64)khz - tsc_khz);
	if (!khz || off * 1000000 > (u64)tsc_khz * TSC_TOLERANCE_PPM)
		return -EINVAL;
	vcpu->tsc_khz = khz;
	return 0;
}
