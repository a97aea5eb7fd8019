/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions, interrupts and NMIs of the guest: queued, injected at an entry, put back when an exit
 * interrupted their delivery.  Combining two exceptions is as KVM does it (SDM 3, 6.15, table 6-5).
 */
#include "vmx_int.h"

static bool contributory(u8 vector)
{
	return vector == DE_VECTOR || (vector >= TS_VECTOR && vector <= GP_VECTOR);
}

/* #BP and #OF are of INT3 and INTO: soft, with the length of the instruction. */
static void set_exception(struct mvm_vcpu *vcpu, u8 vector, bool has_error, u32 error)
{
	bool soft = vector == BP_VECTOR || vector == OF_VECTOR;

	vcpu->exception = (struct mvm_event) {
		.pending = true, .vector = vector, .has_error = has_error, .error = error,
		.type = (soft ? INTR_TYPE_SOFT_EXCEPTION : INTR_TYPE_HARD_EXCEPTION) >> 8,
		.length = soft,
	};
}

void mvm_queue_exception(struct mvm_vcpu *vcpu, u8 vector, bool has_error, u32 error)
{
	struct mvm_event *ex = &vcpu->exception;
	bool second = ex->pending || ex->injected;

	if (second && ex->vector == DF_VECTOR) {
		/* As after the processor's own: nothing is left to be delivered. */
		*ex = (struct mvm_event){};
		to_vmx(vcpu)->triple_fault = true;
	} else if (second &&
		   ((contributory(vector) && contributory(ex->vector)) ||
		    (ex->vector == PF_VECTOR && (contributory(vector) || vector == PF_VECTOR)))) {
		set_exception(vcpu, DF_VECTOR, true, 0);
	} else {
		/* The instruction runs again and raises a lost first one again. */
		set_exception(vcpu, vector, has_error, error);
	}
}

void mvm_queue_pf(struct mvm_vcpu *vcpu, u64 gva, u32 error)
{
	vcpu->regs.cr2 = gva;
	mvm_queue_exception(vcpu, PF_VECTOR, true, error);
}

/*
 * #DB: payload is in the format of the pending debug exceptions, where RTM is active high and bit
 * 12 says "enabled breakpoint"; DR6 has RTM active low and no bit 12 (SDM 3, 18.2.3).
 */
void mvm_queue_db(struct mvm_vcpu *vcpu, unsigned long payload)
{
	struct mvm_regs *r = &vcpu->regs;

	r->dr6 = (r->dr6 & ~DR_TRAP_BITS) | DR6_RESERVED | payload;
	r->dr6 = (r->dr6 ^ (payload & DR6_RESERVED)) & ~BIT(12);
	if (r->dr7 & DR7_GD) {
		mvm_state_get(vcpu, MVM_ST_MISC);
		r->dr7 &= ~DR7_GD;
		mvm_state_put(vcpu, MVM_ST_MISC);
	}
	mvm_queue_exception(vcpu, DB_VECTOR, false, 0);
}

/* Faults push RF set, lest an instruction breakpoint fire twice; traps, aborts and #DB do not. */
#define NO_FAULTS	(BIT(DB_VECTOR) | BIT(NMI_VECTOR) | BIT(BP_VECTOR) | BIT(OF_VECTOR) | \
			 BIT(DF_VECTOR) | BIT(MC_VECTOR))

static void write_event(struct mvm_vcpu *vcpu, const struct mvm_event *ev)
{
	u32 info = ev->vector | (u32)ev->type << 8 | INTR_INFO_VALID_MASK;

	if (ev->has_error && (vcpu->regs.cr0 & X86_CR0_PE)) {
		vmcs_write(VM_ENTRY_EXCEPTION_ERROR_CODE, ev->error);
		info |= INTR_INFO_DELIVER_CODE_MASK;
	}
	if (ev->length)
		vmcs_write(VM_ENTRY_INSTRUCTION_LEN, ev->length);
	vmcs_write(VM_ENTRY_INTR_INFO_FIELD, info);
	to_vmx(vcpu)->event_in_vmcs = true;
}

/* Of what waits, what this entry injects, unless it repeats something. */
static void choose_event(struct mvm_vcpu *vcpu)
{
	struct mvm_event *ex = &vcpu->exception, *irq = &vcpu->interrupt;
	const u32 no_nmi = VMX_INTR_SHADOW | GUEST_INTR_STATE_NMI;

	if (ex->pending || ex->injected) {
		if (ex->pending && !(NO_FAULTS & BIT(ex->vector))) {
			vcpu->regs.rflags = vmx_rflags(vcpu) | X86_EFLAGS_RF;
			mvm_state_put(vcpu, MVM_ST_RFLAGS);
		}
		ex->pending = false;
		ex->injected = true;
		/* An interrupt that user space queued on top comes when the guest can take it. */
		irq->pending |= irq->injected;
		irq->injected = false;
		vcpu->nmi_pending |= vcpu->nmi_injected;
		vcpu->nmi_injected = false;
	} else if (vcpu->nmi_injected || irq->injected) {
		/* As KVM: an interrupt of KVM_INTERRUPT is not held back; IF=0 fails the entry. */
	} else if (vcpu->nmi_pending && !(vmx_interruptibility(vcpu) & no_nmi)) {
		swap(vcpu->nmi_pending, vcpu->nmi_injected);
	} else if (irq->pending && !(vcpu->guest_debug & KVM_GUESTDBG_BLOCKIRQ) &&
		   mvm_interrupt_allowed(vcpu)) {
		swap(irq->pending, irq->injected);
	}
}

void vmx_inject_events(struct mvm_vcpu *vcpu)
{
	static const struct mvm_event nmi = {
		.vector = NMI_VECTOR, .type = INTR_TYPE_NMI_INTR >> 8,
	};

	choose_event(vcpu);
	if (vcpu->exception.injected)
		write_event(vcpu, &vcpu->exception);
	else if (vcpu->nmi_injected)
		write_event(vcpu, &nmi);
	else if (vcpu->interrupt.injected)
		write_event(vcpu, &vcpu->interrupt);
	/* What could not be injected with this entry waits for its window. */
	if (vcpu->nmi_pending)
		vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_NMI_WINDOW_EXITING, true);
	if (vcpu->interrupt.pending)
		vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_INTR_WINDOW_EXITING, true);
}

/*
 * After an exit: what the entry injected has been delivered, unless the exit interrupted its
 * delivery; then it is in the IDT-vectoring information and is injected again (SDM 3, 25.9.3).
 */
void vmx_complete_events(struct mvm_vcpu *vcpu)
{
	u32 info = to_vmx(vcpu)->idt_info;
	u32 type = info & VECTORING_INFO_TYPE_MASK;
	struct mvm_event ev = {
		.injected = true,
		.vector = info & VECTORING_INFO_VECTOR_MASK,
		.type = type >> 8,
		.has_error = info & VECTORING_INFO_DELIVER_CODE_MASK,
	};

	to_vmx(vcpu)->event_in_vmcs = false;
	vcpu->exception.injected = false;
	vcpu->interrupt.injected = false;
	vcpu->nmi_injected = false;
	if (!(info & VECTORING_INFO_VALID_MASK))
		return;

	if (ev.has_error)
		ev.error = vmcs_read(IDT_VECTORING_ERROR_CODE);
	/* INT n, ICEBP, INT3 and INTO. */
	if (type >= INTR_TYPE_SOFT_INTR)
		ev.length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	if (type == INTR_TYPE_NMI_INTR) {
		vcpu->nmi_injected = true;
		/* Its delivery blocked NMIs, and will do so again. */
		vmx_set_interruptibility(vcpu, vmx_interruptibility(vcpu) & ~GUEST_INTR_STATE_NMI);
	} else if (type == INTR_TYPE_EXT_INTR || type == INTR_TYPE_SOFT_INTR) {
		vcpu->interrupt = ev;
	} else {
		vcpu->exception = ev;
	}
}
