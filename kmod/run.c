/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_RUN, in KVM's order: from the call to the guest and back.  What of the host and of the guest
 * is switched around vmenter.S, what of an exit cannot wait, the exits that are finished with
 * interrupts off, requests of other threads, signals, and who may find whom in the guest.
 */
#include "host.h"
#include "exit_io.h"

/*
 * How mvm_flush_vm() finds a vCPU in the guest:
 *
 *	requester			vCPU
 *	set the request			in_guest = true
 *	smp_mb				smp_mb
 *	read in_guest: is it?		read requests: none? then enter
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

static noinline int entry_failed(struct mvm_vcpu *vcpu, u64 reason)
{
	if ((u16)reason == EXIT_REASON_MCE_DURING_VMENTRY && (reason & VMX_EXIT_FAILED))
		host_machine_check();
	pr_debug_ratelimited("entry failed: %llx, qualification %lx\n", reason,
			     vmcs_read(EXIT_QUALIFICATION));
	/* The event is still queued, and user space may take it back. */
	vmcs_write(VM_ENTRY_INTR_INFO_FIELD, 0);
	return fail_entry(vcpu, reason);
}

/*
 * XCR0 is the guest's while it runs, if it uses XSAVE.  PKRU needs nothing: guests get neither
 * CR4.PKE nor XCR0.PKRU, so that they cannot write the host's; nor does XSS, without XSAVES.
 */
static inline bool own_xcr0(struct mvm_vcpu *vcpu)
{
	return (vcpu->regs.cr4 & X86_CR4_OSXSAVE) && vcpu->regs.xcr0 != vmx_caps.xcr0;
}

static inline bool own_dr(struct mvm_vcpu *vcpu)
{
	return unlikely((vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP) ||
			(vcpu->regs.dr7 & (DR_GLOBAL_ENABLE_MASK | DR_LOCAL_ENABLE_MASK)));
}

/* The VMCS has DR7; DR0-DR3 are loaded where it enables any. */
static void load_debug(struct mvm_vcpu *vcpu)
{
	const unsigned long *dr = vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP ? vcpu->guest_dr :
									       vcpu->regs.dr;

	set_debugreg(0, 7);
	set_debugreg(dr[0], 0);
	set_debugreg(dr[1], 1);
	set_debugreg(dr[2], 2);
	set_debugreg(dr[3], 3);
}

/* What most guests and hosts have nothing of. */
static noinline void load_rare(struct mvm_vcpu *vcpu)
{
	if (own_xcr0(vcpu))
		xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->regs.xcr0);
	if (own_dr(vcpu))
		load_debug(vcpu);
	else if (hw_breakpoint_active())
		set_debugreg(0, 7);
}

static noinline void put_rare(struct mvm_vcpu *vcpu)
{
	if (own_xcr0(vcpu))
		xsetbv(XCR_XFEATURE_ENABLED_MASK, vmx_caps.xcr0);
	/* An exit clears DR7. */
	if (hw_breakpoint_active())
		hw_breakpoint_restore();
}

/* vmenter.S knows these two by their offsets. */
static_assert(offsetof(struct vmx_vcpu, host_rsp) == 0);
static_assert(offsetof(struct vmx_vcpu, launched) == 8);

/* RCU may not watch in here, so nothing in here may be traced. */
static noinstr int enter_exit(struct mvm_vcpu *vcpu)
{
	int failed;

	host_guest_enter();
	failed = vmx_guest(vcpu->regs.gpr, to_vmx(vcpu));
	host_guest_exit();
	return failed;
}

/* Interrupts are still off: these belong to this CPU and to this moment. */
static void host_events(struct mvm_vcpu *vcpu)
{
	u8 vector = vmcs_read(VM_EXIT_INTR_INFO);

	if (vector == NMI_VECTOR)
		vmx_nmi();
	else if (vector == MC_VECTOR)
		host_machine_check();
}

/* The engine's tables for the entry: 0; -EAGAIN: everything has to be looked at again; -errno. */
static noinline int load_engine(struct mvm_vcpu *vcpu)
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

static __always_inline int write_and_enter(struct mvm_vcpu *vcpu)
{
	int failed;

	if (vcpu->dirty == MVM_ST_RIP) {
		vmcs_write(GUEST_RIP, vcpu->regs.rip);
		vcpu->dirty = 0;
	} else if (vcpu->dirty) {
		vmx_write_state(vcpu);
	}
	mvm_count(vcpu, entries);
	if (vcpu->regs.cr2 != native_read_cr2())
		native_write_cr2(vcpu->regs.cr2);
	failed = enter_exit(vcpu);
	vcpu->regs.cr2 = native_read_cr2();
	mvm_count(vcpu, exits);
	return failed;
}

/*
 * Interrupts off.  1: enter again; 0: to user space, run filled; -errno; -EAGAIN: an exit that
 * vmx_handle_exit() finishes, with interrupts on.
 */
static __always_inline int after_exit(struct mvm_vcpu *vcpu, int failed)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 reason, idt_info;

	if (unlikely(failed))
		return entry_failed(vcpu, vmcs_read(VM_INSTRUCTION_ERROR));
	vmx->exit_reason = reason = vmcs_read(VM_EXIT_REASON);
	if (unlikely(reason & VMX_EXIT_FAILED))
		return entry_failed(vcpu, reason);
	vmx->launched = true;
	/* What the guest may have changed is in the VMCS. */
	vcpu->have = vmx->keeps;
	vmx->idt_info = idt_info = vmcs_read(IDT_VECTORING_INFO_FIELD);
	if (unlikely(vmx->event_in_vmcs || (idt_info & VECTORING_INFO_VALID_MASK)))
		vmx_complete_events(vcpu);
	/* An exit that interrupted a delivery is no doorbell, whatever it says. */
	if (likely(!(idt_info & VECTORING_INFO_VALID_MASK))) {
		if (likely((u16)reason == EXIT_REASON_IO_INSTRUCTION))
			return exit_io(vcpu);
		if ((u16)reason == EXIT_REASON_VMCALL)
			return exit_vmcall(vcpu);
	}
	if ((u16)reason == EXIT_REASON_EXCEPTION_NMI)
		host_events(vcpu);
	return -EAGAIN;
}

/*
 * Interrupts off, requests looked at: entries until an exit is more than a doorbell that is
 * finished here.  The answer is after_exit()'s.  What of the host is looked at once stays as it is
 * meanwhile.
 */
static __always_inline int enter_until_exit(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 debugctl;
	bool rare;
	int ret;

	mvm_ledger_check(vcpu);
	host_fpu_ready();
	if (unlikely(mvm_events_wait(vcpu)))
		vmx_inject_events(vcpu);
	if (unlikely(vcpu->run->request_interrupt_window))
		vmx_set_cpu_ctl(vmx, CPU_BASED_INTR_WINDOW_EXITING, true);
	if (!vmx->state_loaded)
		host_load_guest(vcpu);
	vmcs_change(TSC_OFFSET, &vmx->tsc_offset, vcpu->tsc_offset);
	vmcs_change(HOST_CR3, &vmx->host_cr3, host_cr3());
	vmcs_change(HOST_CR4, &vmx->host_cr4, host_cr4());
	rare = own_xcr0(vcpu) || own_dr(vcpu) || hw_breakpoint_active();
	debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR);
	do {
		if (unlikely(rare))
			load_rare(vcpu);
		ret = write_and_enter(vcpu);
		if (unlikely(rare))
			put_rare(vcpu);
		/* An exit clears DEBUGCTL (SDM 3, 28.5.1). */
		if (unlikely(debugctl))
			native_wrmsrl(MSR_IA32_DEBUGCTLMSR, debugctl);
		ret = after_exit(vcpu, ret);
	} while (unlikely(ret > 0) && !must_not_enter(vcpu) && !mvm_events_wait(vcpu));
	return ret;
}

static noinline int must_wait(struct mvm_vcpu *vcpu)
{
	smp_store_release(&vcpu->in_guest, false);
	local_irq_enable();
	mvm_vcpu_resume(vcpu);
	/* A CPU that goes offline lets us run once more before it moves us. */
	cond_resched();
	mvm_vcpu_pause();
	return 1;
}

/* Of an exit that is no doorbell: interrupts are off, and this is where the guest ends. */
static noinline int finish_exit(struct mvm_vcpu *vcpu)
{
	int ret;

	if ((u16)to_vmx(vcpu)->exit_reason == EXIT_REASON_EXTERNAL_INTERRUPT) {
		/* The interrupt, with the tick accounted to the guest that it came in. */
		local_irq_enable();
		nop();
		local_irq_disable();
		rcu_virt_note_context_switch(smp_processor_id());
	}
	host_time_exit();
	local_irq_enable();
	mvm_vcpu_resume(vcpu);
	ret = vmx_handle_exit(vcpu);
	mvm_vcpu_pause();
	return ret;
}

/* 1: go on; 0: to user space; -errno. */
static __always_inline int enter_guest(struct mvm_vcpu *vcpu)
{
	int ret;

	if (unlikely(!vcpu->root_fixed || READ_ONCE(vcpu->requests))) {
		ret = load_engine(vcpu);
		if (ret == -EINVAL)
			return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
		if (ret)
			return ret == -EAGAIN ? 1 : ret;
	}
	local_irq_disable();
	smp_store_mb(vcpu->in_guest, true);
	if (unlikely(must_not_enter(vcpu) || to_vmx(vcpu)->cpu != smp_processor_id()))
		return must_wait(vcpu);
	host_time_enter();
	ret = enter_until_exit(vcpu);
	smp_store_release(&vcpu->in_guest, false);
	host_note_exit();
	if (ret == -EAGAIN)
		return finish_exit(vcpu);
	host_time_exit();
	local_irq_enable();
	return ret;
}

static noinline int shut_down(struct mvm_vcpu *vcpu)
{
	to_vmx(vcpu)->triple_fault = false;
	vcpu->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return 0;
}

/* After something that was finished here. */
static noinline int go_on(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	int err;

	do {
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
		if (unlikely(to_vmx(vcpu)->triple_fault))
			return shut_down(vcpu);
		host_flush_l1d(vmx_caps.ept);
		err = enter_guest(vcpu);
	} while (err > 0);
	return err;
}

static noinline int check_mode(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	bool long_mode = r->efer & EFER_LMA;

	mvm_state_get(vcpu, MVM_ST_CR0 | MVM_ST_CR4);
	/* The vMMU reads four-level tables. */
	if (!vmx_mode_there(r->cr0, r->cr4, long_mode) ||
	    (vcpu->vm->mmu->prepare && (!long_mode || (r->cr4 & X86_CR4_LA57))))
		return fail_entry(vcpu, VMX_EXIT_FAILED | EXIT_REASON_INVALID_STATE);
	return 1;
}

/* Of the last exit's I/O or hypercall, and of what user space has set since. */
static noinline int prepare_rest(struct mvm_vcpu *vcpu, bool immediate)
{
	/* As KVM: a step that ends here is told before immediate_exit. */
	if (!mvm_complete_io(vcpu))
		return 0;
	if (immediate)
		return -EINTR;
	if (to_vmx(vcpu)->config_stale)
		vmx_configure(vcpu);
	if (vcpu->dirty & (MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_EFER))
		return check_mode(vcpu);
	return 1;
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
	if (unlikely(vcpu->io_pending != MVM_IO_PLAIN || vcpu->dirty ||
		     to_vmx(vcpu)->config_stale || immediate))
		return prepare_rest(vcpu, immediate);
	/* An OUT that is nothing but RIP, and nothing was set since. */
	vcpu->io_pending = MVM_IO_NONE;
	vcpu->regs.rip = vcpu->io_rip + vcpu->io_length;
	vcpu->dirty = MVM_ST_RIP;
	return 1;
}

static __always_inline void save(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	bool enabled;

	if (run->kvm_valid_regs)
		mvm_sync_regs_out(vcpu);
	enabled = vmx_rflags(vcpu) & X86_EFLAGS_IF;
	run->if_flag = enabled;
	run->ready_for_interrupt_injection = enabled && !mvm_injects(vcpu) &&
					     !(vmx_interruptibility(vcpu) & VMX_INTR_SHADOW);
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
	if (unlikely(vcpu->sigset_active))
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
	if (unlikely(!mvm_vcpu_load(vcpu))) {
		err = -EINTR;
		goto out;
	}
	run->flags = 0;
	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
	vcpu->in_run = true;

	err = prepare(vcpu, immediate);
	host_flush_l1d(vmx_caps.ept);
	if (likely(err > 0))
		err = unlikely(to_vmx(vcpu)->triple_fault) ? shut_down(vcpu) : enter_guest(vcpu);
	if (err > 0)
		err = go_on(vcpu);
	mvm_count(vcpu, exits_user);

	vcpu->in_run = false;
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);
	save(vcpu);
out:
	mvm_vcpu_put(vcpu);
	if (unlikely(vcpu->sigset_active)) {
		sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
		sigemptyset(&current->real_blocked);
	}
	return err;
}
