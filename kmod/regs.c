/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General registers, debug registers, multiprocessor state, an interrupt from user space: the
 * vCPU's smaller GET and SET ioctls; and what of them KVM_RUN exchanges through kvm_run.
 * Segments and control registers are in sregs.c, events in events.c, the FPU in fpu.c.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/apicdef.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "core.h"
#include "vmx.h"

/* struct kvm_regs begins with the general registers in this order, eight bytes each. */
static const u8 uapi_order[MVM_NGPR] = {
	MVM_RAX, MVM_RBX, MVM_RCX, MVM_RDX, MVM_RSI, MVM_RDI, MVM_RSP, MVM_RBP,
	MVM_R8, MVM_R9, MVM_R10, MVM_R11, MVM_R12, MVM_R13, MVM_R14, MVM_R15,
};
static_assert(offsetof(struct kvm_regs, rip) == MVM_NGPR * sizeof(u64));

static int get_regs(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_regs *regs = arg;
	u64 *gpr = &regs->rax;
	unsigned int i;

	for (i = 0; i < MVM_NGPR; i++)
		gpr[i] = vcpu->regs.gpr[uapi_order[i]];
	regs->rip = vcpu->regs.rip;
	regs->rflags = vcpu->regs.rflags;
	return 0;
}

static int set_regs(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_regs *regs = arg;
	const u64 *gpr = &regs->rax;
	unsigned int i;

	for (i = 0; i < MVM_NGPR; i++)
		vcpu->regs.gpr[uapi_order[i]] = gpr[i];
	vcpu->regs.rip = regs->rip;
	vcpu->regs.rflags = regs->rflags | X86_EFLAGS_FIXED;
	mvm_state_put(vcpu, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS);
	/* As KVM: what was to be raised belonged to the old state. */
	vcpu->exception.pending = false;
	return 0;
}

static int get_debugregs(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_debugregs *dbg = arg;

	BUILD_BUG_ON(sizeof(dbg->db) != sizeof(vcpu->regs.dr));
	memcpy(dbg->db, vcpu->regs.dr, sizeof(dbg->db));
	dbg->dr6 = vcpu->regs.dr6;
	dbg->dr7 = vcpu->regs.dr7;
	return 0;
}

static int set_debugregs(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_debugregs *dbg = arg;

	if (dbg->flags || dbg->dr6 >> 32 || dbg->dr7 >> 32)
		return -EINVAL;
	memcpy(vcpu->regs.dr, dbg->db, sizeof(dbg->db));
	vcpu->regs.dr6 = dbg->dr6;
	vcpu->regs.dr7 = dbg->dr7;
	mvm_state_put(vcpu, MVM_ST_MISC);
	return 0;
}

/* Without an in-kernel APIC no other state than running exists. */
static int get_mp_state(struct mvm_vcpu *vcpu, void *arg)
{
	((struct kvm_mp_state *)arg)->mp_state = KVM_MP_STATE_RUNNABLE;
	return 0;
}

static int set_mp_state(struct mvm_vcpu *vcpu, void *arg)
{
	return ((struct kvm_mp_state *)arg)->mp_state == KVM_MP_STATE_RUNNABLE ? 0 : -EINVAL;
}

static int interrupt(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_interrupt *irq = arg;

	if (irq->irq >= 256)
		return -EINVAL;
	vcpu->interrupt = (struct mvm_event){ .injected = true, .vector = irq->irq };
	return 0;
}

/*
 * The ioctls that read or write one structure, of the size that their number tells: which groups of
 * the state have to be in vcpu->regs, and who does it.  arg is all zeros for one that reads.
 */
static const struct {
	unsigned int cmd;
	u32 groups;
	int (*fn)(struct mvm_vcpu *vcpu, void *arg);
} ioctls[] = {
	{ KVM_GET_REGS, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS, get_regs },
	{ KVM_SET_REGS, 0, set_regs },
	{ KVM_GET_SREGS, MVM_ST_ALL, mvm_get_sregs },
	{ KVM_SET_SREGS, MVM_ST_ALL, mvm_set_sregs },
	{ KVM_GET_FPU, 0, mvm_get_fpu },
	{ KVM_SET_FPU, 0, mvm_set_fpu },
	{ KVM_GET_XSAVE, 0, mvm_get_xsave },
	{ KVM_SET_XSAVE, 0, mvm_set_xsave },
	{ KVM_GET_XCRS, 0, mvm_get_xcrs },
	{ KVM_SET_XCRS, 0, mvm_set_xcrs },
	{ KVM_GET_DEBUGREGS, 0, get_debugregs },
	{ KVM_SET_DEBUGREGS, MVM_ST_ALL, set_debugregs },
	{ KVM_GET_VCPU_EVENTS, MVM_ST_ALL, mvm_get_events },
	{ KVM_SET_VCPU_EVENTS, MVM_ST_ALL, mvm_set_events },
	{ KVM_GET_MP_STATE, 0, get_mp_state },
	{ KVM_SET_MP_STATE, 0, set_mp_state },
	{ KVM_INTERRUPT, 0, interrupt },
	{ KVM_SET_GUEST_DEBUG, MVM_ST_ALL, mvm_set_guest_debug },
};

long mvm_regs_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *uarg)
{
	bool get = _IOC_DIR(cmd) == _IOC_READ;
	size_t i = 0, size = _IOC_SIZE(cmd);
	void *arg;
	long ret;

	while (i < ARRAY_SIZE(ioctls) && ioctls[i].cmd != cmd)
		i++;
	if (i == ARRAY_SIZE(ioctls))
		return -EINVAL;
	arg = get ? kzalloc(size, GFP_KERNEL_ACCOUNT) : memdup_user(uarg, size);
	if (IS_ERR_OR_NULL(arg))
		return arg ? PTR_ERR(arg) : -ENOMEM;
	mvm_need_state(vcpu, ioctls[i].groups);
	ret = ioctls[i].fn(vcpu, arg);
	if (!ret && get && copy_to_user(uarg, arg, size))
		ret = -EFAULT;
	kfree(arg);
	return ret;
}

void mvm_sync_regs_out(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 valid = READ_ONCE(run->kvm_valid_regs);

	if (valid & KVM_SYNC_X86_REGS) {
		mvm_state_get(vcpu, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS);
		get_regs(vcpu, &run->s.regs.regs);
	}
	if (valid & KVM_SYNC_X86_SREGS) {
		mvm_state_get(vcpu, MVM_ST_ALL);
		mvm_get_sregs(vcpu, &run->s.regs.sregs);
	}
	if (valid & KVM_SYNC_X86_EVENTS) {
		mvm_state_get(vcpu, MVM_ST_MISC);
		mvm_get_events(vcpu, &run->s.regs.events);
	}
}

static int sync_in(struct mvm_vcpu *vcpu, u64 part, struct kvm_sync_regs *s)
{
	switch (part) {
	case KVM_SYNC_X86_REGS:
		return set_regs(vcpu, &s->regs);
	case KVM_SYNC_X86_SREGS:
		mvm_state_get(vcpu, MVM_ST_ALL);
		return mvm_set_sregs(vcpu, &s->sregs);
	default:
		mvm_state_get(vcpu, MVM_ST_MISC);
		return mvm_set_events(vcpu, &s->events);
	}
}

int mvm_sync_regs_in(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 part, dirty = READ_ONCE(run->kvm_dirty_regs);
	/* User space may write to it meanwhile: copied before it is looked at. */
	struct kvm_sync_regs s = run->s.regs;

	for (part = KVM_SYNC_X86_REGS; part <= KVM_SYNC_X86_EVENTS; part <<= 1) {
		if (!(dirty & part))
			continue;
		if (sync_in(vcpu, part, &s))
			return -EINVAL;
		run->kvm_dirty_regs &= ~part;
	}
	return 0;
}

static struct kvm_segment reset_segment(u8 type, u8 s)
{
	return (struct kvm_segment){ .limit = 0xffff, .type = type, .present = 1, .s = s };
}

/* SDM volume 3, table 10-1, and what KVM makes of it (kvm_vcpu_reset, vmx_vcpu_reset). */
void mvm_regs_reset(struct mvm_vcpu *vcpu)
{
	struct mvm_regs *r = &vcpu->regs;
	unsigned int i;

	memset(r, 0, sizeof(*r));
	r->gpr[MVM_RDX] = 0x600;
	r->rip = 0xfff0;
	r->rflags = X86_EFLAGS_FIXED;
	r->cr0 = X86_CR0_ET | X86_CR0_NW | X86_CR0_CD;
	r->apic_base = APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE |
		       (vcpu->id == 0 ? MSR_IA32_APICBASE_BSP : 0);
	for (i = 0; i < MVM_NSEG; i++)
		r->seg[i] = reset_segment(3, 1);
	r->seg[MVM_CS] = reset_segment(0xb, 1);
	r->seg[MVM_CS].selector = 0xf000;
	r->seg[MVM_CS].base = 0xffff0000;
	r->seg[MVM_TR] = reset_segment(0xb, 0);
	r->seg[MVM_LDT] = reset_segment(2, 0);
	r->gdt.limit = 0xffff;
	r->idt.limit = 0xffff;
	r->pat = 0x0007040600070406ULL;
	r->dr6 = DR6_RESERVED;
	r->dr7 = 0x400;
	r->xcr0 = XFEATURE_MASK_FP;
	r->misc_enable = MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL | MSR_IA32_MISC_ENABLE_BTS_UNAVAIL;
	r->activity = GUEST_ACTIVITY_ACTIVE;
	mvm_state_put(vcpu, MVM_ST_ALL);
}
