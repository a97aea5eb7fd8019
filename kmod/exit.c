/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exit means: the table of handlers by exit reason (SDM 3, appendix C), those of the
 * handlers that are no longer than a screen, and what all of them share.  Control and debug
 * registers are exit_cr.c's, doorbells doorbell.c's.
 */
#include "host.h"

/* ---- what user space is told ---- */

static int internal_error(struct mvm_vcpu *vcpu, u32 suberror, unsigned int n, const u64 *data)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = suberror;
	run->internal.ndata = n;
	memcpy(run->internal.data, data, n * sizeof(*data));
	return 0;
}

int vmx_emulation_error(struct mvm_vcpu *vcpu)
{
	return internal_error(vcpu, KVM_INTERNAL_ERROR_EMULATION, 0, NULL);
}

static int unexpected(struct mvm_vcpu *vcpu)
{
	const u64 data[] = { to_vmx(vcpu)->exit_reason, vcpu->cpu };

	return internal_error(vcpu, KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON, 2, data);
}

static int delivery_error(struct mvm_vcpu *vcpu)
{
	const u64 data[] = { to_vmx(vcpu)->idt_info, to_vmx(vcpu)->exit_reason,
			     vmcs_read(EXIT_QUALIFICATION), vcpu->cpu };

	return internal_error(vcpu, KVM_INTERNAL_ERROR_DELIVERY_EV, ARRAY_SIZE(data), data);
}

static int exit_to_debugger(struct mvm_vcpu *vcpu, u8 vector, u64 dr6, u64 dr7)
{
	struct kvm_run *run = vcpu->run;

	mvm_state_get(vcpu, MVM_ST_RIP | MVM_ST_SEG);
	run->exit_reason = KVM_EXIT_DEBUG;
	run->debug.arch.exception = vector;
	run->debug.arch.pc = vcpu->regs.rip + vcpu->regs.seg[MVM_CS].base;
	run->debug.arch.dr6 = dr6;
	run->debug.arch.dr7 = dr7;
	return 0;
}

/* ---- what becomes of the instruction ---- */

int vmx_inject_ud(struct mvm_vcpu *vcpu)
{
	mvm_queue_exception(vcpu, UD_VECTOR, false, 0);
	return 1;
}

int vmx_inject_gp(struct mvm_vcpu *vcpu)
{
	mvm_queue_exception(vcpu, GP_VECTOR, true, 0);
	return 1;
}

static void end_shadow(struct mvm_vcpu *vcpu)
{
	u32 state = vmx_interruptibility(vcpu);

	if (state & VMX_INTR_SHADOW)
		vmx_set_interruptibility(vcpu, state & ~VMX_INTR_SHADOW);
}

/*
 * The instruction ends the shadow of STI and MOV SS, and is a step for the guest's own TF.  A
 * debugger's step over an instruction that is finished here does not trap by itself.
 */
static noinline int skip_rare(struct mvm_vcpu *vcpu)
{
	end_shadow(vcpu);
	if (vmx_rflags(vcpu) & X86_EFLAGS_TF)
		mvm_queue_db(vcpu, DR_STEP);
	return !(vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP) ? 1 :
	       exit_to_debugger(vcpu, DB_VECTOR, DR_STEP | DR6_RESERVED, vcpu->regs.dr7);
}

int vmx_skip_step(struct mvm_vcpu *vcpu, unsigned int length)
{
	u32 shadow = vmx_interruptibility(vcpu) & VMX_INTR_SHADOW;
	unsigned long step = vmx_rflags(vcpu) & X86_EFLAGS_TF;
	unsigned long rip = vmx_rip(vcpu) + length;

	/* RIP has 32 bits outside 64-bit mode, where EFER.LMA tells enough: code is below 4 GiB. */
	vcpu->regs.rip = likely(vcpu->regs.efer & EFER_LMA) ? rip : (u32)rip;
	mvm_state_put(vcpu, MVM_ST_RIP);
	return unlikely(shadow | step | vcpu->guest_debug) ? skip_rare(vcpu) : 1;
}

int vmx_skip_exit(struct mvm_vcpu *vcpu)
{
	return vmx_skip_step(vcpu, vmcs_read(VM_EXIT_INSTRUCTION_LEN));
}

int vmx_done(struct mvm_vcpu *vcpu, int gp)
{
	return gp ? vmx_inject_gp(vcpu) : vmx_skip_exit(vcpu);
}

/* ---- exceptions and memory ---- */

/* To the memory engine: addr is what it wants, a GVA or a GPA. */
static int memory_fault(struct mvm_vcpu *vcpu, u64 addr, u32 code)
{
	int verdict = vcpu->vm->mmu->fault(vcpu, addr, code);

	if (likely(!verdict))
		return 1;
	if (verdict == -EFAULT)
		return vmx_emulation_error(vcpu);
	if (verdict == -EINTR)
		vcpu->run->exit_reason = KVM_EXIT_INTR;
	return verdict == -MVM_ENOHOST ? -EFAULT : verdict;
}

/*
 * An IRET that faulted had ended the blocking of NMIs already; it is to hold until the IRET is done
 * (SDM 3, 28.2.3).  Bit 12 means nothing when a delivery was interrupted or for #DF.
 */
static void keep_nmi_blocked(struct mvm_vcpu *vcpu, u64 info)
{
	if ((info & INTR_INFO_UNBLOCK_NMI) && !(to_vmx(vcpu)->idt_info & VECTORING_INFO_VALID_MASK))
		vmx_set_interruptibility(vcpu, vmx_interruptibility(vcpu) | GUEST_INTR_STATE_NMI);
}

/* Exit qualification of EPT violations: SDM 3, table 28-7. */
static int exit_ept_violation(struct mvm_vcpu *vcpu)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);
	u32 code = (qual & EPT_VIOLATION_ACC_WRITE ? MVM_FAULT_W : 0) |
		   (qual & EPT_VIOLATION_ACC_INSTR ? MVM_FAULT_I : 0) |
		   (qual & EPT_VIOLATION_RWX_MASK ? MVM_FAULT_P : 0);

	keep_nmi_blocked(vcpu, qual);
	return memory_fault(vcpu, vmcs_read(GUEST_PHYSICAL_ADDRESS), code);
}

static int debug_exception(struct mvm_vcpu *vcpu, u32 info)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);

	if (vcpu->guest_debug & (KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP))
		return exit_to_debugger(vcpu, DB_VECTOR, qual | DR6_RESERVED, vmcs_read(GUEST_DR7));
	/* ICEBP exits on the instruction, but its #DB is a trap (SDM 3, 28.2.2). */
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_PRIV_SW_EXCEPTION) {
		vcpu->regs.rip = vmx_rip(vcpu) + vmcs_read(VM_EXIT_INSTRUCTION_LEN);
		mvm_state_put(vcpu, MVM_ST_RIP);
		end_shadow(vcpu);
	}
	mvm_queue_db(vcpu, qual);
	return 1;
}

/*
 * Of two exceptions at once the engine's #PF is the only one that may interrupt a delivery and be
 * repaired; #DB and #AC on top of another are the loops that they are intercepted for, and combine
 * as the processor would (mvm_queue_exception).
 */
static int exit_exception(struct mvm_vcpu *vcpu)
{
	u32 info = vmcs_read(VM_EXIT_INTR_INFO);
	u8 vector = info & INTR_INFO_VECTOR_MASK;
	bool has_error = info & INTR_INFO_DELIVER_CODE_MASK;
	u32 error = has_error ? vmcs_read(VM_EXIT_INTR_ERROR_CODE) : 0;

	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR || vector == MC_VECTOR)
		return 1;		/* run.c: the host's */
	keep_nmi_blocked(vcpu, info);
	if (vector == PF_VECTOR) {
		mvm_count(vcpu, exit_pf);
		return memory_fault(vcpu, vmcs_read(EXIT_QUALIFICATION), error);
	}
	mvm_count(vcpu, exit_other);
	if (vector == DB_VECTOR)
		return debug_exception(vcpu, info);
	if (vector == BP_VECTOR)
		return exit_to_debugger(vcpu, BP_VECTOR, 0, 0);
	mvm_queue_exception(vcpu, vector, has_error, error);
	return 1;
}

/* ---- instructions and events ---- */

/* What there is to do is done: an interrupt or machine check of the host's (run.c). */
static int exit_again(struct mvm_vcpu *vcpu)
{
	return 1;
}

/* The next entry opens those anew that somebody still waits for. */
static int exit_window(struct mvm_vcpu *vcpu)
{
	vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_INTR_WINDOW_EXITING |
				      CPU_BASED_NMI_WINDOW_EXITING, false);
	return 1;
}

static int exit_triple_fault(struct mvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return 0;
}

/* Without an interrupt controller in the kernel a halted guest is user space's to wake. */
static int exit_hlt(struct mvm_vcpu *vcpu)
{
	vmx_skip_exit(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_HLT;
	return 0;
}

static int exit_cpuid(struct mvm_vcpu *vcpu)
{
	mvm_cpuid_emulate(vcpu);
	return vmx_skip_exit(vcpu);
}

/* EDX:EAX, what WRMSR and XSETBV write. */
static u64 edx_eax(const struct mvm_vcpu *vcpu)
{
	return (u32)vcpu->regs.gpr[MVM_RAX] | vcpu->regs.gpr[MVM_RDX] << 32;
}

static int exit_rdmsr(struct mvm_vcpu *vcpu)
{
	unsigned long *gpr = vcpu->regs.gpr;
	u64 val;

	mvm_state_get(vcpu, MVM_ST_ALL);
	if (mvm_msr_get(vcpu, gpr[MVM_RCX], &val, false))
		return vmx_inject_gp(vcpu);
	gpr[MVM_RAX] = (u32)val;
	gpr[MVM_RDX] = val >> 32;
	return vmx_skip_exit(vcpu);
}

static int exit_wrmsr(struct mvm_vcpu *vcpu)
{
	mvm_state_get(vcpu, MVM_ST_ALL);
	/* The next entry loads what is new. */
	preempt_disable();
	host_put_guest(vcpu);
	preempt_enable();
	return vmx_done(vcpu, mvm_msr_set(vcpu, vcpu->regs.gpr[MVM_RCX], edx_eax(vcpu), false));
}

/* XSETBV faults by itself where CPL is not 0 or CR4.OSXSAVE is clear. */
static int exit_xsetbv(struct mvm_vcpu *vcpu)
{
	return vmx_done(vcpu, (u32)vcpu->regs.gpr[MVM_RCX] || mvm_set_xcr0(vcpu, edx_eax(vcpu)));
}

/* ---- the table ---- */

struct handler {
	int (*handle)(struct mvm_vcpu *vcpu);	/* NULL: not expected */
	u16 counter;			/* offset in struct mvm_stats; size: it counts itself */
};

#define H(fn, name)	{ fn, offsetof(struct mvm_stats, name) }

static const struct handler handlers[] = {
	[EXIT_REASON_EXCEPTION_NMI] = H(exit_exception, size),
	[EXIT_REASON_EXTERNAL_INTERRUPT] = H(exit_again, exit_irq),
	[EXIT_REASON_TRIPLE_FAULT] = H(exit_triple_fault, exit_other),
	[EXIT_REASON_INTERRUPT_WINDOW ... EXIT_REASON_NMI_WINDOW] = H(exit_window, exit_other),
	[EXIT_REASON_TASK_SWITCH] = H(vmx_emulation_error, exit_other),
	[EXIT_REASON_CPUID] = H(exit_cpuid, exit_cpuid),
	[EXIT_REASON_HLT] = H(exit_hlt, exit_hlt),
	[EXIT_REASON_INVD] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_INVLPG] = H(exit_invlpg, exit_invlpg),
	[EXIT_REASON_RDPMC] = H(vmx_inject_gp, exit_other),
	[EXIT_REASON_VMCLEAR ... EXIT_REASON_VMON] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_CR_ACCESS] = H(exit_cr, exit_cr),
	[EXIT_REASON_DR_ACCESS] = H(exit_dr, exit_other),
	[EXIT_REASON_MSR_READ] = H(exit_rdmsr, exit_msr),
	[EXIT_REASON_MSR_WRITE] = H(exit_wrmsr, exit_msr),
	/* A guest may not stop the processor, and waking early is allowed. */
	[EXIT_REASON_MWAIT_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_MONITOR_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_PAUSE_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_MCE_DURING_VMENTRY] = H(exit_again, exit_other),
	[EXIT_REASON_EPT_VIOLATION] = H(exit_ept_violation, exit_ept),
	[EXIT_REASON_INVEPT] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_INVVPID] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_WBINVD] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_XSETBV] = H(exit_xsetbv, exit_other),
	[EXIT_REASON_INVPCID] = H(exit_invpcid, exit_invlpg),
	[EXIT_REASON_VMFUNC] = H(vmx_inject_ud, exit_other),
};

/*
 * Exits that may come during the delivery of an event: those that interrupt it to be repaired, or
 * that have nothing to do with it.  Any other's instruction, which the handler would skip, was
 * never reached.
 */
#define DURING_DELIVERY	(BIT_ULL(EXIT_REASON_EXCEPTION_NMI) | BIT_ULL(EXIT_REASON_TRIPLE_FAULT) | \
			 BIT_ULL(EXIT_REASON_EXTERNAL_INTERRUPT) | \
			 BIT_ULL(EXIT_REASON_TASK_SWITCH) | BIT_ULL(EXIT_REASON_EPT_VIOLATION))

int vmx_handle_exit(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 reason = (u16)vmx->exit_reason;
	const struct handler *h = &handlers[array_index_nospec(reason, ARRAY_SIZE(handlers))];

	BUILD_BUG_ON(ARRAY_SIZE(handlers) > 64);
	if (unlikely(vmx->idt_info & VECTORING_INFO_VALID_MASK) && reason < ARRAY_SIZE(handlers) &&
	    !(DURING_DELIVERY & BIT_ULL(reason)))
		return delivery_error(vcpu);
	if (reason >= ARRAY_SIZE(handlers) || !h->handle)
		return unexpected(vcpu);
	if (IS_ENABLED(CONFIG_KMOD_STATS))
		++*(u64 *)((void *)&vcpu->stats + h->counter);
	return h->handle(vcpu);
}
