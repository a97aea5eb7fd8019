/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exit means: the table of handlers by exit reason, the exits that are finished with
 * interrupts off, and what handlers share.  The reasons are in SDM 3, appendix C.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/nospec.h>

#include "core.h"
#include "vmx_int.h"

void vmx_complain(struct mvm_vcpu *vcpu)
{
	pr_debug_ratelimited("exit reason %x, qualification %lx, VM-instruction error %lu\n",
			     to_vmx(vcpu)->exit_reason, vmcs_read(EXIT_QUALIFICATION),
			     vmcs_read(VM_INSTRUCTION_ERROR));
}

int vmx_internal_error(struct mvm_vcpu *vcpu, u32 suberror)
{
	vcpu->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	vcpu->run->internal.suberror = suberror;
	vcpu->run->internal.ndata = 0;
	return 0;
}

int vmx_inject_ud(struct mvm_vcpu *vcpu)
{
	mvm_queue_exception(vcpu, UD_VECTOR, false, 0);
	return 1;
}

/*
 * The instruction ends the shadow of STI and MOV SS, and is a step for the guest's own TF.  A
 * debugger's step over an instruction that is finished here does not trap by itself.
 */
static noinline int skip_rare(struct mvm_vcpu *vcpu)
{
	u32 shadow = GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS;
	u32 state = vmx_interruptibility(vcpu);
	struct kvm_run *run = vcpu->run;

	if (state & shadow)
		vmx_set_interruptibility(vcpu, state & ~shadow);
	if (vmx_rflags(vcpu) & X86_EFLAGS_TF)
		mvm_queue_db(vcpu, DR_STEP);
	if (!(vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP))
		return 1;
	mvm_state_get(vcpu, MVM_ST_SEG);
	run->exit_reason = KVM_EXIT_DEBUG;
	run->debug.arch.exception = DB_VECTOR;
	run->debug.arch.pc = vcpu->regs.rip + vcpu->regs.seg[MVM_CS].base;
	run->debug.arch.dr6 = DR_STEP | DR6_RESERVED;
	run->debug.arch.dr7 = vcpu->regs.dr7;
	return 0;
}

static __always_inline int skip(struct mvm_vcpu *vcpu, unsigned int length)
{
	u32 shadow = vmx_interruptibility(vcpu) & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
	unsigned long step = vmx_rflags(vcpu) & X86_EFLAGS_TF;
	unsigned long rip = vmx_rip(vcpu) + length;

	/* RIP has 32 bits outside 64-bit mode, where EFER.LMA tells enough: code is below 4 GiB. */
	vcpu->regs.rip = likely(vcpu->regs.efer & EFER_LMA) ? rip : (u32)rip;
	mvm_state_put(vcpu, MVM_ST_RIP);
	return unlikely(shadow | step | vcpu->guest_debug) ? skip_rare(vcpu) : 1;
}

int vmx_skip_step(struct mvm_vcpu *vcpu, unsigned int length)
{
	return skip(vcpu, length);
}

int vmx_skip_exit(struct mvm_vcpu *vcpu)
{
	return skip(vcpu, vmcs_read(VM_EXIT_INSTRUCTION_LEN));
}

int vmx_done(struct mvm_vcpu *vcpu, int gp)
{
	if (!gp)
		return vmx_skip_exit(vcpu);
	mvm_queue_exception(vcpu, GP_VECTOR, true, 0);
	return 1;
}

int vmx_guest_fault(struct mvm_vcpu *vcpu, int verdict)
{
	switch (verdict) {
	case MVM_FAULT_RETRY:
	case MVM_FAULT_GUEST:
		return 1;
	case MVM_FAULT_NOMEM:
		return vmx_internal_error(vcpu, KVM_INTERNAL_ERROR_EMULATION);
	case -EINTR:
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		return -EINTR;
	case -MVM_ENOHOST:
		return -EFAULT;
	default:
		return verdict;
	}
}

/* Interrupts were on since: enter_guest() has taken it. */
static int exit_irq(struct mvm_vcpu *vcpu)
{
	return 1;
}

static int exit_irq_window(struct mvm_vcpu *vcpu)
{
	vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_INTR_WINDOW_EXITING, false);
	return 1;
}

static int exit_nmi_window(struct mvm_vcpu *vcpu)
{
	vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_NMI_WINDOW_EXITING, false);
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

static int exit_rdmsr(struct mvm_vcpu *vcpu)
{
	unsigned long *gpr = vcpu->regs.gpr;
	u64 val = 0;

	mvm_state_get(vcpu, MVM_ST_ALL);
	if (mvm_msr_get(vcpu, gpr[MVM_RCX], &val, false))
		return vmx_done(vcpu, 1);
	gpr[MVM_RAX] = (u32)val;
	gpr[MVM_RDX] = val >> 32;
	return vmx_skip_exit(vcpu);
}

static int exit_wrmsr(struct mvm_vcpu *vcpu)
{
	unsigned long *gpr = vcpu->regs.gpr;
	u64 val = (u32)gpr[MVM_RAX] | gpr[MVM_RDX] << 32;

	mvm_state_get(vcpu, MVM_ST_ALL);
	if (mvm_msr_set(vcpu, gpr[MVM_RCX], val, false))
		return vmx_done(vcpu, 1);
	vmx_reload_msrs(vcpu);
	return vmx_skip_exit(vcpu);
}

/* XSETBV faults by itself where CPL is not 0 or CR4.OSXSAVE is clear. */
static int exit_xsetbv(struct mvm_vcpu *vcpu)
{
	unsigned long *gpr = vcpu->regs.gpr;
	u64 val = (u32)gpr[MVM_RAX] | gpr[MVM_RDX] << 32;

	return vmx_done(vcpu, (u32)gpr[MVM_RCX] || mvm_set_xcr0(vcpu, val));
}

static int exit_gp(struct mvm_vcpu *vcpu)
{
	return vmx_done(vcpu, 1);
}

static int exit_task_switch(struct mvm_vcpu *vcpu)
{
	return vmx_internal_error(vcpu, KVM_INTERNAL_ERROR_EMULATION);
}

struct handler {
	int (*handle)(struct mvm_vcpu *vcpu);	/* NULL: not expected */
	u16 counter;			/* offset in struct mvm_stats; size: it counts itself */
};

#define H(fn, name)	{ fn, offsetof(struct mvm_stats, name) }

static const struct handler handlers[] = {
	[EXIT_REASON_EXCEPTION_NMI] = H(exit_exception, size),
	[EXIT_REASON_EXTERNAL_INTERRUPT] = H(exit_irq, exit_irq),
	[EXIT_REASON_TRIPLE_FAULT] = H(exit_triple_fault, exit_other),
	[EXIT_REASON_INTERRUPT_WINDOW] = H(exit_irq_window, exit_other),
	[EXIT_REASON_NMI_WINDOW] = H(exit_nmi_window, exit_other),
	[EXIT_REASON_TASK_SWITCH] = H(exit_task_switch, exit_other),
	[EXIT_REASON_CPUID] = H(exit_cpuid, exit_cpuid),
	[EXIT_REASON_HLT] = H(exit_hlt, exit_hlt),
	[EXIT_REASON_INVD] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_INVLPG] = H(exit_invlpg, exit_invlpg),
	[EXIT_REASON_RDPMC] = H(exit_gp, exit_other),
	[EXIT_REASON_VMCLEAR ... EXIT_REASON_VMON] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_CR_ACCESS] = H(exit_cr, exit_cr),
	[EXIT_REASON_DR_ACCESS] = H(exit_dr, exit_other),
	[EXIT_REASON_MSR_READ] = H(exit_rdmsr, exit_msr),
	[EXIT_REASON_MSR_WRITE] = H(exit_wrmsr, exit_msr),
	/* A guest may not stop the processor, and waking early is allowed. */
	[EXIT_REASON_MWAIT_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_MONITOR_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_PAUSE_INSTRUCTION] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_MCE_DURING_VMENTRY] = H(exit_irq, exit_other),
	[EXIT_REASON_EPT_VIOLATION] = H(exit_ept_violation, exit_ept),
	[EXIT_REASON_EPT_MISCONFIG] = H(exit_ept_misconfig, exit_other),
	[EXIT_REASON_INVEPT] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_INVVPID] = H(vmx_inject_ud, exit_other),
	[EXIT_REASON_WBINVD] = H(vmx_skip_exit, exit_other),
	[EXIT_REASON_XSETBV] = H(exit_xsetbv, exit_other),
	[EXIT_REASON_INVPCID] = H(exit_invpcid, exit_invlpg),
	[EXIT_REASON_VMFUNC] = H(vmx_inject_ud, exit_other),
};

static int unexpected(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	vmx_complain(vcpu);
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 2;
	run->internal.data[0] = to_vmx(vcpu)->exit_reason;
	run->internal.data[1] = vcpu->cpu;
	return 0;
}

/*
 * An exit during the delivery of an event that is not a fault of memory: the instruction that the
 * handler would skip was never reached.
 */
static bool breaks_delivery(u32 reason)
{
	switch (reason) {
	case EXIT_REASON_EXCEPTION_NMI:
	case EXIT_REASON_EXTERNAL_INTERRUPT:
	case EXIT_REASON_EPT_VIOLATION:
	case EXIT_REASON_TASK_SWITCH:
	case EXIT_REASON_TRIPLE_FAULT:
		return false;
	default:
		return true;
	}
}

static int delivery_error(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_DELIVERY_EV;
	run->internal.ndata = 4;
	run->internal.data[0] = to_vmx(vcpu)->idt_info;
	run->internal.data[1] = to_vmx(vcpu)->exit_reason;
	run->internal.data[2] = vmcs_read(EXIT_QUALIFICATION);
	run->internal.data[3] = vcpu->cpu;
	return 0;
}

int vmx_handle_exit(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 reason = (u16)vmx->exit_reason;
	const struct handler *h;

	if (unlikely((vmx->idt_info & VECTORING_INFO_VALID_MASK) && breaks_delivery(reason)))
		return delivery_error(vcpu);
	if (reason >= ARRAY_SIZE(handlers))
		return unexpected(vcpu);
	h = &handlers[array_index_nospec(reason, ARRAY_SIZE(handlers))];
	if (!h->handle)
		return unexpected(vcpu);
	if (IS_ENABLED(CONFIG_KMOD_STATS))
		++*(u64 *)((void *)&vcpu->stats + h->counter);
	return h->handle(vcpu);
}

int vmx_handle_doorbell(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (unlikely(vmx->idt_info & VECTORING_INFO_VALID_MASK))
		return -EAGAIN;
	switch ((u16)vmx->exit_reason) {
	case EXIT_REASON_VMCALL:
		return exit_vmcall(vcpu);
	case EXIT_REASON_IO_INSTRUCTION:
		return exit_io(vcpu);
	default:
		return -EAGAIN;
	}
}
