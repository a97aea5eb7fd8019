/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits by exceptions and by the second level of translation: to the memory engine, to the
 * debugger, or back to the guest.
 */
#include "core.h"
#include "host.h"
#include "vmx_int.h"

/*
 * An IRET that faulted had ended the blocking of NMIs already; it is to hold until the IRET is done
 * (SDM 3, 28.2.3).  Bit 12 means nothing when a delivery was interrupted or for #DF.
 */
static void keep_nmi_blocked(struct mvm_vcpu *vcpu, u64 info)
{
	if ((info & INTR_INFO_UNBLOCK_NMI) &&
	    !(to_vmx(vcpu)->idt_info & VECTORING_INFO_VALID_MASK))
		vmx_set_interruptibility(vcpu, vmx_interruptibility(vcpu) | GUEST_INTR_STATE_NMI);
}

static int page_fault(struct mvm_vcpu *vcpu, u32 error)
{
	u64 gva = vmcs_read(EXIT_QUALIFICATION);

	mvm_count(vcpu, exit_pf);
	return vmx_guest_fault(vcpu, vcpu->vm->mmu->fault(vcpu, gva, error));
}

static int to_debugger(struct mvm_vcpu *vcpu, u8 vector)
{
	struct kvm_run *run = vcpu->run;

	mvm_state_get(vcpu, MVM_ST_RIP | MVM_ST_SEG);
	run->exit_reason = KVM_EXIT_DEBUG;
	run->debug.arch.exception = vector;
	run->debug.arch.pc = vcpu->regs.rip + vcpu->regs.seg[MVM_CS].base;
	run->debug.arch.dr6 = 0;
	run->debug.arch.dr7 = 0;
	if (vector == DB_VECTOR) {
		run->debug.arch.dr6 = vmcs_read(EXIT_QUALIFICATION) | DR6_RESERVED;
		run->debug.arch.dr7 = vmcs_read(GUEST_DR7);
	}
	return 0;
}

static int debug_exception(struct mvm_vcpu *vcpu, u32 info)
{
	if (vcpu->guest_debug & (KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP))
		return to_debugger(vcpu, DB_VECTOR);
	/* ICEBP exits on the instruction, but its #DB is a trap (SDM 3, 28.2.2). */
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_PRIV_SW_EXCEPTION) {
		u32 shadow = GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS;

		mvm_state_get(vcpu, MVM_ST_RIP);
		vcpu->regs.rip += vmcs_read(VM_EXIT_INSTRUCTION_LEN);
		mvm_state_put(vcpu, MVM_ST_RIP);
		vmx_set_interruptibility(vcpu, vmx_interruptibility(vcpu) & ~shadow);
	}
	mvm_queue_db(vcpu, vmcs_read(EXIT_QUALIFICATION));
	return 1;
}

/*
 * Of two exceptions at once the engine's #PF is the only one that may interrupt a delivery and be
 * repaired; #DB and #AC on top of another are the loops that they are intercepted for, and combine
 * as the processor would (mvm_queue_exception).
 */
int exit_exception(struct mvm_vcpu *vcpu)
{
	u32 info = vmcs_read(VM_EXIT_INTR_INFO);
	u8 vector = info & INTR_INFO_VECTOR_MASK;
	u32 error = 0;

	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR || vector == MC_VECTOR)
		return 1;		/* enter.c: the host's */
	keep_nmi_blocked(vcpu, info);
	if (info & INTR_INFO_DELIVER_CODE_MASK)
		error = vmcs_read(VM_EXIT_INTR_ERROR_CODE);
	if (vector == PF_VECTOR)
		return page_fault(vcpu, error);
	mvm_count(vcpu, exit_other);
	switch (vector) {
	case DB_VECTOR:
		return debug_exception(vcpu, info);
	case BP_VECTOR:
		return to_debugger(vcpu, BP_VECTOR);
	default:
		mvm_queue_exception(vcpu, vector, info & INTR_INFO_DELIVER_CODE_MASK, error);
		return 1;
	}
}

/* Exit qualification of EPT violations: SDM 3, table 28-7. */
int exit_ept_violation(struct mvm_vcpu *vcpu)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);
	u32 code = 0;

	keep_nmi_blocked(vcpu, qual);
	if (qual & EPT_VIOLATION_ACC_WRITE)
		code |= MVM_FAULT_W;
	if (qual & EPT_VIOLATION_ACC_INSTR)
		code |= MVM_FAULT_I;
	if (qual & EPT_VIOLATION_RWX_MASK)
		code |= MVM_FAULT_P;
	return vmx_guest_fault(vcpu, vcpu->vm->mmu->fault(vcpu, vmcs_read(GUEST_PHYSICAL_ADDRESS),
							  code));
}

/* An entry that the engine must not have written: the VM is not run again. */
int exit_ept_misconfig(struct mvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->vm->bugged, true);
	vmx_complain(vcpu);
	return -EIO;
}
