/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General registers, debug registers, multiprocessor state, an interrupt from user space: the
 * vCPU's smaller GET and SET ioctls; and what of them KVM_RUN exchanges through kvm_run.
 * Segments and control registers are in sregs.c, events in events.c, the FPU in fpu.c.
 */
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

static void get_regs(struct mvm_vcpu *vcpu, struct kvm_regs *regs)
{
	u64 *gpr = &regs->rax;
	unsigned int i;

	for (i = 0; i < MVM_NGPR; i++)
		gpr[i] = vcpu->regs.gpr[uapi_order[i]];
	regs->rip = vcpu->regs.rip;
	regs->rflags = vcpu->regs.rflags;
}

static void set_regs(struct mvm_vcpu *vcpu, const struct kvm_regs *regs)
{
	const u64 *gpr = &regs->rax;
	unsigned int i;

	for (i = 0; i < MVM_NGPR; i++)
		vcpu->regs.gpr[uapi_order[i]] = gpr[i];
	vcpu->regs.rip = regs->rip;
	vcpu->regs.rflags = regs->rflags | X86_EFLAGS_FIXED;
	mvm_state_put(vcpu, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS);
	/* As KVM: what was to be raised belonged to the old state. */
	vcpu->exception.pending = false;
}

static void get_debugregs(struct mvm_vcpu *vcpu, struct kvm_debugregs *dbg)
{
	memset(dbg, 0, sizeof(*dbg));
	BUILD_BUG_ON(sizeof(dbg->db) != sizeof(vcpu->regs.dr));
	memcpy(dbg->db, vcpu->regs.dr, sizeof(dbg->db));
	dbg->dr6 = vcpu->regs.dr6;
	dbg->dr7 = vcpu->regs.dr7;
}

static int set_debugregs(struct mvm_vcpu *vcpu, const struct kvm_debugregs *dbg)
{
	if (dbg->flags || dbg->dr6 >> 32 || dbg->dr7 >> 32)
		return -EINVAL;
	memcpy(vcpu->regs.dr, dbg->db, sizeof(dbg->db));
	vcpu->regs.dr6 = dbg->dr6;
	vcpu->regs.dr7 = dbg->dr7;
	mvm_state_put(vcpu, MVM_ST_MISC);
	return 0;
}

/* Without an in-kernel APIC no other state than running exists. */
static int set_mp_state(struct mvm_vcpu *vcpu, const struct kvm_mp_state *state)
{
	if (state->mp_state != KVM_MP_STATE_RUNNABLE)
		return -EINVAL;
	vcpu->mp_state = state->mp_state;
	return 0;
}

static int interrupt(struct mvm_vcpu *vcpu, const struct kvm_interrupt *irq)
{
	if (irq->irq >= 256)
		return -EINVAL;
	vcpu->interrupt = (struct mvm_event){ .injected = true, .vector = irq->irq };
	return 0;
}

static long get_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *arg)
{
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_debugregs dbg;
		struct kvm_vcpu_events events;
		struct kvm_mp_state mp;
	} u;

	switch (cmd) {
	case KVM_GET_REGS:
		get_regs(vcpu, &u.regs);
		break;
	case KVM_GET_SREGS:
		mvm_get_sregs(vcpu, &u.sregs);
		break;
	case KVM_GET_DEBUGREGS:
		get_debugregs(vcpu, &u.dbg);
		break;
	case KVM_GET_VCPU_EVENTS:
		mvm_get_events(vcpu, &u.events);
		break;
	case KVM_GET_MP_STATE:
		u.mp.mp_state = vcpu->mp_state;
		break;
	default:
		return -EINVAL;
	}
	return copy_to_user(arg, &u, _IOC_SIZE(cmd)) ? -EFAULT : 0;
}

static long set_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *arg)
{
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_debugregs dbg;
		struct kvm_vcpu_events events;
		struct kvm_mp_state mp;
		struct kvm_interrupt irq;
		struct kvm_guest_debug guest_debug;
	} u;

	if (copy_from_user(&u, arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	switch (cmd) {
	case KVM_SET_REGS:
		set_regs(vcpu, &u.regs);
		return 0;
	case KVM_SET_SREGS:
		return mvm_set_sregs(vcpu, &u.sregs);
	case KVM_SET_DEBUGREGS:
		return set_debugregs(vcpu, &u.dbg);
	case KVM_SET_VCPU_EVENTS:
		return mvm_set_events(vcpu, &u.events);
	case KVM_SET_MP_STATE:
		return set_mp_state(vcpu, &u.mp);
	case KVM_INTERRUPT:
		return interrupt(vcpu, &u.irq);
	default:
		return mvm_set_guest_debug(vcpu, &u.guest_debug);
	}
}

long mvm_regs_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case KVM_SET_REGS:
	case KVM_SET_SREGS:
	case KVM_SET_DEBUGREGS:
	case KVM_SET_VCPU_EVENTS:
	case KVM_SET_MP_STATE:
	case KVM_INTERRUPT:
	case KVM_SET_GUEST_DEBUG:
		return set_ioctl(vcpu, cmd, arg);
	default:
		return get_ioctl(vcpu, cmd, arg);
	}
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
		set_regs(vcpu, &s->regs);
		return 0;
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
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	mvm_state_put(vcpu, MVM_ST_ALL);
}
