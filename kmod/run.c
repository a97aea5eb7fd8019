/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_RUN: from the ioctl to the guest and back, in KVM's order; requests of other threads,
 * signals, and who may find whom in the guest.
 */
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "core.h"
#include "host.h"
#include "vmx_int.h"

/*
 * How mvm_flush_vm() and mvm_vcpu_kick() find a vCPU in the guest:
 *
 *	requester			vCPU
 *	set the request			mode = MVM_IN_GUEST
 *	smp_mb				smp_mb
 *	read mode: in the guest?	read requests: none? then enter
 *
 * One of them sees the other.  Interrupts are off from there to the exit, so that the IPI's
 * acknowledgement says that the vCPU has left, or will look at its requests.
 */

static int fail_entry(struct mvm_vcpu *vcpu, u64 reason)
{
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	vcpu->run->fail_entry.hardware_entry_failure_reason = reason;
	vcpu->run->fail_entry.cpu = vcpu->cpu;
	return 0;
}

/* The engine's tables for the entry.  Preemption is off; on again when the answer is not 0. */
static int load_engine(struct mvm_vcpu *vcpu)
{
	const struct mvm_mmu_ops *mmu = vcpu->vm->mmu;
	bool flush = test_bit(MVM_REQ_FLUSH, &vcpu->requests);
	int err;

	/* Before load(): what is zapped from here on asks again. */
	if (flush) {
		clear_bit(MVM_REQ_FLUSH, &vcpu->requests);
		smp_mb__after_atomic();
	}
	err = mmu->load(vcpu);
	if (flush)
		vmx_flush(vcpu);
	if (likely(!err))
		return 0;
	preempt_enable();
	if (err == -EAGAIN)
		err = mmu->prepare ? mmu->prepare(vcpu) : 0;
	return err ?: -EAGAIN;
}

static inline bool must_not_enter(struct mvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests) || host_work_waits();
}

static void leave_guest_mode(struct mvm_vcpu *vcpu)
{
	smp_store_release(&vcpu->mode, MVM_OUTSIDE);
}

/* Interrupts off, requests looked at: entries until an exit needs more than the fast path. */
static bool enter_until_exit(struct mvm_vcpu *vcpu, bool *handled)
{
	bool entered;

	*handled = false;
	host_fpu_ready();
	if (unlikely(mvm_events_wait(vcpu)))
		vmx_inject_events(vcpu);
	if (unlikely(vcpu->run->request_interrupt_window))
		vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_INTR_WINDOW_EXITING, true);
	entered = vmx_enter(vcpu);
	while (entered && vmx_handle_exit_fast(vcpu)) {
		if (must_not_enter(vcpu) || unlikely(mvm_events_wait(vcpu))) {
			*handled = true;
			break;
		}
		entered = vmx_reenter(vcpu);
	}
	return entered;
}

/* 1: go on; 0: to user space; -errno. */
static int enter_guest(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	bool entered, handled;
	int err;

	preempt_disable();
	err = load_engine(vcpu);
	if (unlikely(err)) {
		if (err == -EINVAL)
			return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
		return err == -EAGAIN ? 1 : err;
	}
	local_irq_disable();
	smp_store_mb(vcpu->mode, MVM_IN_GUEST);
	if (unlikely(must_not_enter(vcpu) || vmx->cpu != smp_processor_id())) {
		leave_guest_mode(vcpu);
		clear_bit(MVM_REQ_KICK, &vcpu->requests);
		local_irq_enable();
		preempt_enable();
		/* A CPU that goes offline lets us run once more before it moves us. */
		cond_resched();
		return 1;
	}
	host_time_enter();
	entered = enter_until_exit(vcpu, &handled);
	leave_guest_mode(vcpu);
	host_note_exit();
	if ((u16)vmx->exit_reason == EXIT_REASON_EXTERNAL_INTERRUPT) {
		/* The interrupt, with the tick accounted to the guest that it came in. */
		local_irq_enable();
		nop();
		local_irq_disable();
		rcu_virt_note_context_switch(smp_processor_id());
	}
	host_time_exit();
	local_irq_enable();
	preempt_enable();
	if (!entered)
		return 0;
	return handled ? 1 : vmx_handle_exit(vcpu);
}

static int run_loop(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	int err;

	host_flush_l1d();
	for (;;) {
		if (unlikely(to_vmx(vcpu)->triple_fault)) {
			to_vmx(vcpu)->triple_fault = false;
			run->exit_reason = KVM_EXIT_SHUTDOWN;
			return 0;
		}
		err = enter_guest(vcpu);
		if (err <= 0)
			return err;
		if (unlikely(READ_ONCE(run->request_interrupt_window)) &&
		    mvm_ready_for_interrupt(vcpu)) {
			run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
			return 0;
		}
		if (host_work_waits() && host_do_work()) {
			run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
	}
}

/*
 * Modes that a VMCS cannot express on this processor or engine, in process context because the
 * page-directory pointers of a guest with PAE paging are in its memory.
 */
static int check_mode(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;

	if (likely(!(vcpu->dirty & (MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_EFER))))
		return 1;
	mvm_state_get(vcpu, MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4);
	if (!vmx_caps.unrestricted && (r->cr0 & (X86_CR0_PE | X86_CR0_PG)) !=
				      (X86_CR0_PE | X86_CR0_PG))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	/* The vMMU reads four-level tables. */
	if (vcpu->vm->mmu->prepare && (!(r->efer & EFER_LMA) || (r->cr4 & X86_CR4_LA57)))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	if (vmx_pae(vcpu) && vmx_load_pdptes(vcpu))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	return 1;
}

static int prepare(struct mvm_vcpu *vcpu, bool immediate)
{
	struct kvm_run *run = vcpu->run;
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u64 cr8 = READ_ONCE(run->cr8);
	int err;

	if ((run->kvm_valid_regs | run->kvm_dirty_regs) & ~(u64)KVM_SYNC_X86_VALID_FIELDS)
		return -EINVAL;
	if (run->kvm_dirty_regs) {
		err = mvm_sync_regs_in(vcpu);
		if (err)
			return err;
	}
	if (cr8 & ~15ULL)
		return -EINVAL;
	vcpu->regs.cr8 = cr8;
	/* As KVM: a step that ends here is told before immediate_exit. */
	if (!mvm_complete_io(vcpu))
		return 0;
	if (immediate)
		return -EINTR;
	if (unlikely(READ_ONCE(vcpu->vm->bugged)))
		return -EIO;
	if (unlikely(vmx->config_stale || (vcpu->guest_debug | vmx->debug)))
		vmx_configure(vcpu);
	if (unlikely(vcpu->mp_state == KVM_MP_STATE_HALTED)) {
		if (!mvm_events_wait(vcpu)) {
			run->exit_reason = KVM_EXIT_HLT;
			return 0;
		}
		vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	}
	return check_mode(vcpu);
}

static void save(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (run->kvm_valid_regs)
		mvm_sync_regs_out(vcpu);
	run->if_flag = !!(vmx_rflags(vcpu) & X86_EFLAGS_IF);
	run->cr8 = vcpu->regs.cr8;
	run->apic_base = vcpu->regs.apic_base;
	run->ready_for_interrupt_injection = mvm_ready_for_interrupt(vcpu);
}

int mvm_run(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	bool immediate = READ_ONCE(run->immediate_exit);
	int err;

	mvm_vcpu_load(vcpu);
	if (vcpu->sigset_active)
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
	run->flags = 0;
	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
	vcpu->in_run = true;

	err = prepare(vcpu, immediate);
	if (err > 0)
		err = run_loop(vcpu);
	mvm_count(vcpu, exits_user);

	vcpu->in_run = false;
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);
	save(vcpu);
	if (vcpu->sigset_active) {
		sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
		sigemptyset(&current->real_blocked);
	}
	mvm_vcpu_put(vcpu);
	return err;
}
