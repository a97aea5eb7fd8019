/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS and KVM_SET_GUEST_DEBUG: what is about to happen to
 * the guest, as user space sees and sets it.  How it is given to the guest is event.c.
 */
#include <linux/string.h>
#include <asm/traps.h>
#include <asm/vmx.h>

#include "core.h"
#include "vmx.h"

static bool is_soft(u8 vector)
{
	return vector == X86_TRAP_BP || vector == X86_TRAP_OF;
}

int mvm_get_events(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_vcpu_events *events = arg;
	const struct mvm_event *ex = &vcpu->exception, *irq = &vcpu->interrupt;
	u32 intr = vcpu->regs.interruptibility;

	memset(events, 0, sizeof(*events));
	/*
	 * A soft exception is not told: its instruction's length could not be, and it is met again.
	 * Without exception payloads KVM tells a pending one as injected.
	 */
	if (!is_soft(ex->vector))
		events->exception.injected = ex->injected || ex->pending;
	if (!is_soft(ex->vector))
		events->exception.pending = ex->pending;
	events->exception.nr = ex->vector;
	events->exception.has_error_code = ex->has_error;
	events->exception.error_code = ex->error;

	events->interrupt.injected = irq->injected && irq->type != INTR_TYPE_SOFT_INTR >> 8;
	events->interrupt.nr = irq->vector;
	if (intr & GUEST_INTR_STATE_STI)
		events->interrupt.shadow |= KVM_X86_SHADOW_INT_STI;
	if (intr & GUEST_INTR_STATE_MOV_SS)
		events->interrupt.shadow |= KVM_X86_SHADOW_INT_MOV_SS;

	events->nmi.injected = vcpu->nmi_injected;
	events->nmi.pending = vcpu->nmi_pending;
	events->nmi.masked = !!(intr & GUEST_INTR_STATE_NMI);
	events->flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW |
			KVM_VCPUEVENT_VALID_SMM;
	return 0;
}

static int check_events(const struct kvm_vcpu_events *events)
{
	if (events->flags & ~(KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR |
			      KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_SMM))
		return -EINVAL;
	/* pending counts only with a payload, which is not there. */
	if (events->exception.injected &&
	    (events->exception.nr > 31 || events->exception.nr == X86_TRAP_NMI))
		return -EINVAL;
	/* There is no system-management mode here. */
	if ((events->flags & KVM_VCPUEVENT_VALID_SMM) && (events->smi.smm || events->smi.pending))
		return -EINVAL;
	return 0;
}

static u32 with_shadow(u32 intr, u8 shadow)
{
	intr &= ~(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
	if (shadow & KVM_X86_SHADOW_INT_MOV_SS)
		return intr | GUEST_INTR_STATE_MOV_SS;
	if (shadow & KVM_X86_SHADOW_INT_STI)
		return intr | GUEST_INTR_STATE_STI;
	return intr;
}

int mvm_set_events(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_vcpu_events *events = arg;
	bool soft = is_soft(events->exception.nr);
	u32 intr = vcpu->regs.interruptibility;
	int err = check_events(events);

	if (err)
		return err;
	vcpu->exception = (struct mvm_event){
		.injected = events->exception.injected,
		.vector = events->exception.nr,
		.type = (soft ? INTR_TYPE_SOFT_EXCEPTION : INTR_TYPE_HARD_EXCEPTION) >> 8,
		.length = soft,
		.has_error = events->exception.has_error_code,
		.error = events->exception.error_code,
	};
	vcpu->interrupt = (struct mvm_event){
		.injected = events->interrupt.injected,
		.vector = events->interrupt.nr,
		.type = (events->interrupt.soft ? INTR_TYPE_SOFT_INTR : INTR_TYPE_EXT_INTR) >> 8,
		.length = events->interrupt.soft ? 2 : 0,
	};
	vcpu->nmi_injected = events->nmi.injected;
	if (events->flags & KVM_VCPUEVENT_VALID_NMI_PENDING)
		vcpu->nmi_pending = events->nmi.pending;

	if (events->flags & KVM_VCPUEVENT_VALID_SHADOW)
		intr = with_shadow(intr, events->interrupt.shadow);
	intr &= ~GUEST_INTR_STATE_NMI;
	if (events->nmi.masked)
		intr |= GUEST_INTR_STATE_NMI;
	vcpu->regs.interruptibility = intr;
	mvm_state_put(vcpu, MVM_ST_MISC);
	return 0;
}

int mvm_set_guest_debug(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_guest_debug *dbg = arg;
	u32 control = dbg->control;

	if (control & (KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP)) {
		if (vcpu->exception.pending)
			return -EBUSY;
		mvm_queue_exception(vcpu, control & KVM_GUESTDBG_INJECT_DB ? X86_TRAP_DB :
				    X86_TRAP_BP, false, 0);
	}
	vcpu->guest_debug = control & KVM_GUESTDBG_ENABLE ? control : 0;
	if (vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP) {
		unsigned int i;

		for (i = 0; i < 4; i++)
			vcpu->guest_dr[i] = dbg->arch.debugreg[i];
		vcpu->guest_dr7 = dbg->arch.debugreg[7];
	}
	/* TF, DR7 and the exception bitmap follow at the next entry. */
	vmx_config_changed(vcpu);
	return 0;
}
