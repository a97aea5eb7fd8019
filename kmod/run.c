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
 * How mvm_flush_vm() finds a vCPU in the guest:
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

/* The engine's tables for the entry: 0; -EAGAIN: everything has to be looked at again; -errno. */
static int load_engine(struct mvm_vcpu *vcpu)
{
	const struct mvm_mmu_ops *mmu = vcpu->vm->mmu;
	bool flush = test_bit(MVM_REQ_FLUSH, &vcpu->requests);
	int err;

	if (likely(vcpu->root_fixed && !flush))
		return 0;
	/* Before load(): what is zapped from here on asks again. */
	if (flush) {
		clear_bit(MVM_REQ_FLUSH, &vcpu->requests);
		smp_mb__after_atomic();
	}
	err = mmu->load(vcpu);
	if (flush)
		vmx_flush(vcpu);
	if (err == -EAGAIN && mmu->prepare) {
		mvm_vcpu_resume(vcpu);
		err = mmu->prepare(vcpu) ?: -EAGAIN;
		mvm_vcpu_pause();
	}
	return err;
}

static __always_inline bool must_not_enter(struct mvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests) || host_work_waits();
}

static __always_inline void leave_guest_mode(struct mvm_vcpu *vcpu)
{
	smp_store_release(&vcpu->mode, MVM_OUTSIDE);
}

/*
 * Interrupts off, requests looked at: entries until an exit is more than a doorbell.  The answer is
 * vmx_handle_doorbell()'s.
 */
static __always_inline int enter_until_exit(struct mvm_vcpu *vcpu)
{
	bool entered;
	int ret;

	host_fpu_ready();
	if (unlikely(mvm_events_wait(vcpu)))
		vmx_inject_events(vcpu);
	if (unlikely(vcpu->run->request_interrupt_window))
		vmx_set_cpu_ctl(to_vmx(vcpu), CPU_BASED_INTR_WINDOW_EXITING, true);
	entered = vmx_enter(vcpu);
	while (entered) {
		ret = vmx_handle_doorbell(vcpu);
		if (ret <= 0)
			return ret;
		if (must_not_enter(vcpu) || unlikely(mvm_events_wait(vcpu)))
			return 1;
		entered = vmx_reenter(vcpu);
	}
	return 0;
}

static noinline int must_wait(struct mvm_vcpu *vcpu)
{
	leave_guest_mode(vcpu);
	local_irq_enable();
	mvm_vcpu_resume(vcpu);
	/* A CPU that goes offline lets us run once more before it moves us. */
	cond_resched();
	mvm_vcpu_pause();
	return 1;
}

/* 1: go on; 0: to user space; -errno. */
static __always_inline int enter_guest(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	int ret = load_engine(vcpu);

	if (unlikely(ret)) {
		if (ret == -EINVAL)
			return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
		return ret == -EAGAIN ? 1 : ret;
	}
	local_irq_disable();
	smp_store_mb(vcpu->mode, MVM_IN_GUEST);
	if (unlikely(must_not_enter(vcpu) || vmx->cpu != smp_processor_id()))
		return must_wait(vcpu);
	host_time_enter();
	ret = enter_until_exit(vcpu);
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
	if (ret != -EAGAIN)
		return ret;
	mvm_vcpu_resume(vcpu);
	ret = vmx_handle_exit(vcpu);
	mvm_vcpu_pause();
	return ret;
}

static __always_inline int run_loop(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	int err;

	host_flush_l1d(vmx_caps.ept);
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
		if (host_work_waits()) {
			mvm_vcpu_resume(vcpu);
			err = host_do_work();
			mvm_vcpu_pause();
			if (err) {
				run->exit_reason = KVM_EXIT_INTR;
				return err;
			}
		}
	}
}

/*
 * Modes that a VMCS cannot express on this processor or engine; with preemption, because the
 * page-directory pointers of a guest with PAE paging are in its memory.
 */
static noinline int check_mode(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	int err;

	mvm_state_get(vcpu, MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4);
	if (!vmx_caps.unrestricted && (r->cr0 & (X86_CR0_PE | X86_CR0_PG)) !=
				      (X86_CR0_PE | X86_CR0_PG))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	/* The vMMU reads four-level tables. */
	if (vcpu->vm->mmu->prepare && (!(r->efer & EFER_LMA) || (r->cr4 & X86_CR4_LA57)))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	if (!vmx_pae(vcpu))
		return 1;
	mvm_vcpu_resume(vcpu);
	err = vmx_load_pdptes(vcpu);
	mvm_vcpu_pause();
	return err ? fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE) : 1;
}

static __always_inline int prepare(struct mvm_vcpu *vcpu, bool immediate)
{
	struct kvm_run *run = vcpu->run;
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
	if (unlikely(to_vmx(vcpu)->config_stale))
		vmx_configure(vcpu);
	if (vcpu->dirty & (MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_EFER))
		return check_mode(vcpu);
	return 1;
}

static __always_inline void save(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	bool ready;

	if (run->kvm_valid_regs)
		mvm_sync_regs_out(vcpu);
	ready = mvm_ready_for_interrupt(vcpu);
	run->ready_for_interrupt_injection = ready;
	run->if_flag = !!(vmx_rflags(vcpu) & X86_EFLAGS_IF);
	run->cr8 = vcpu->regs.cr8;
	run->apic_base = vcpu->regs.apic_base;
}

int mvm_run(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	bool immediate = READ_ONCE(run->immediate_exit);
	int err;

	if (unlikely(vcpu->vm->frozen))
		return -EPERM;
	if (unlikely(vcpu->vm->bugged))
		return -EIO;
	if (unlikely(vcpu->sigset_active))
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
	mvm_vcpu_load(vcpu);
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
	mvm_vcpu_put(vcpu);
	if (unlikely(vcpu->sigset_active)) {
		sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
		sigemptyset(&current->real_blocked);
	}
	return err;
}
