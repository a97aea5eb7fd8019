/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything of VMX that depends on the host kernel's insides: one file to read when the kernel
 * changes.
 *
 * Supported: Linux 6.1 (Debian 12), x86-64.  Later kernels change what is used here:
 * eventfd_signal() loses its count (6.8), anon_inode_getfd_secure() in vm.c becomes
 * anon_inode_create_getfd() (6.8), the entry of NMIs gets another name with FRED (6.9), and from
 * 6.19 several of these symbols are exported to KVM's own modules only.
 *
 * Not done: cpu_emergency_register_virt_callback().  It takes one hypervisor and warns at the
 * second, so that loading kvm_intel later would warn; a crash kernel started by kexec while a VM
 * runs finds VMX on.  An orderly reboot, kexec and suspend do not (vmx_cpu.c).
 */
#ifndef MVM_HOST_H
#define MVM_HOST_H

#include "vmx_int.h"
#include <linux/context_tracking.h>
#include <linux/vtime.h>
#include <asm/mmu_context.h>

/* CR4.VMXE is set here, or kvm_intel is loaded. */
bool host_vmx_in_use(void);
/*
 * CR4.VMXE through the kernel's shadow of CR4, which a raw write would leave stale; interrupts are
 * off where it is set.
 */
static inline bool host_vmxe(void) { return cr4_read_shadow() & X86_CR4_VMXE; }
static inline void host_set_vmxe(bool on)
{
	cr4_update_irqsoff(on ? X86_CR4_VMXE : 0, X86_CR4_VMXE);
}

/* CR3 with its PCID and CR4, as they are now: both change under a preempted task. */
static inline unsigned long host_cr3(void) { return __native_read_cr3(); }
static inline unsigned long host_cr4(void) { return cr4_read_shadow(); }

/* Host fields that are the same on every CPU, and those that are not; the VMCS is current. */
void host_write_constant(void);
void host_write_cpu(int cpu);

/*
 * What the guest has in the processor while its vCPU is loaded, and the host before and after it:
 * KERNEL_GS_BASE, selectors and bases that the VMCS cannot hold, limits of GDT and TSS, and the
 * MSRs that the host needs in user mode only (STAR, LSTAR, FMASK, TSC_AUX; no Intel processor looks
 * at CSTAR).  load: before the first entry since the vCPU was loaded; put undoes it.  Preemption
 * off.
 *
 * A user-return notifier, as KVM has it, would leave the MSRs to the guest while kernel threads
 * run.  But each KVM_RUN ends in user mode, and registering and calling the notifier there costs
 * more (about 150 instructions) than the three or four WRMSR that it may save.
 */
struct host_cpu {
	struct mvm_user_msrs msrs;	/* what the host has in them */
	struct desc_ptr gdt;		/* for LGDT */
};
DECLARE_PER_CPU(struct host_cpu, host_cpu);
void host_online(void);			/* fills it: at VMXON on this CPU */
void host_save_selectors(struct vmx_vcpu *vmx);
void host_restore_selectors(const struct vmx_vcpu *vmx);

static __always_inline void change_msr(u32 msr, u64 from, u64 to)
{
	if (from != to)
		native_wrmsrl(msr, to);
}

static __always_inline void change_msrs(const struct mvm_user_msrs *from,
					const struct mvm_user_msrs *to)
{
	change_msr(MSR_STAR, from->star, to->star);
	change_msr(MSR_LSTAR, from->lstar, to->lstar);
	change_msr(MSR_SYSCALL_MASK, from->fmask, to->fmask);
	if (from->tsc_aux != to->tsc_aux && vmx_caps.rdtscp)
		native_wrmsrl(MSR_TSC_AUX, to->tsc_aux);
}

/* Any selector that an exit does not put back by itself. */
static __always_inline unsigned int selectors(void)
{
	unsigned int ds, es, fs, gs, ldt;

	asm volatile("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3\n\tsldt %4"
		     : "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs), "=r" (ldt));
	return ds | es | fs | gs | ldt;
}

static __always_inline void host_load_guest(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	unsigned long fs_base;

	vmx->state_loaded = true;
	vmx->host_selectors = selectors();
	if (unlikely(vmx->host_selectors))
		host_save_selectors(vmx);
	fs_base = static_cpu_has(X86_FEATURE_FSGSBASE) ? rdfsbase() : __rdmsr(MSR_FS_BASE);
	vmcs_change(HOST_FS_BASE, &vmx->host_fs_base, fs_base);
	vmx->host_kernel_gs_base = __rdmsr(MSR_KERNEL_GS_BASE);
	change_msr(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base, vcpu->regs.kernel_gs_base);
	change_msrs(&this_cpu_ptr(&host_cpu)->msrs, &vcpu->regs.user_msrs);
}

static __always_inline void host_put_guest(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	const struct host_cpu *cpu = this_cpu_ptr(&host_cpu);

	if (unlikely(!vmx->state_loaded))
		return;
	vmx->state_loaded = false;
	vcpu->regs.kernel_gs_base = __rdmsr(MSR_KERNEL_GS_BASE);
	change_msr(MSR_KERNEL_GS_BASE, vcpu->regs.kernel_gs_base, vmx->host_kernel_gs_base);
	if (unlikely(vmx->host_selectors))
		host_restore_selectors(vmx);
	change_msrs(&vcpu->regs.user_msrs, &cpu->msrs);
	/* An exit makes the TSS 67h bytes long and the GDT 64 KiB (SDM 3, 28.5.2). */
	if (unlikely(!this_cpu_read(__tss_limit_invalid)))
		invalidate_tss_limit();
	native_load_gdt(&cpu->gdt);
}

/*
 * The VMCS is current on this CPU from load to put, preemption off, if load says so: not on one
 * that goes offline.  Between resume and pause preemption is on: a notifier takes the vCPU along.
 * Most runs need no notifier, which is registered at the first resume.
 */
static __always_inline bool mvm_vcpu_load(struct mvm_vcpu *vcpu)
{
	return vmx_load(vcpu, get_cpu());
}

static __always_inline void mvm_vcpu_put(struct mvm_vcpu *vcpu)
{
	host_put_guest(vcpu);
	if (unlikely(vcpu->notified)) {
		vcpu->notified = false;
		preempt_notifier_unregister(&vcpu->preempt);
	}
	put_cpu();
}

static inline void mvm_vcpu_resume(struct mvm_vcpu *vcpu)
{
	if (!vcpu->notified) {
		vcpu->notified = true;
		preempt_notifier_register(&vcpu->preempt);
	}
	preempt_enable();
}

static inline void mvm_vcpu_pause(void) { preempt_disable(); }

/* Interrupts off: the guest's FPU registers are in the processor (TIF_NEED_FPU_LOAD is clear). */
static inline void host_fpu_ready(void)
{
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
}

/* A machine check that the guest took, or that broke an entry; interrupts off. */
void host_machine_check(void);

/* RCU and the tick see a guest as they see user mode (kernel/context_tracking.c). */
static __always_inline void host_guest_enter(void) { context_tracking_guest_enter(); }
static __always_inline void host_guest_exit(void) { context_tracking_guest_exit(); }
static inline void host_time_enter(void) { vtime_account_guest_enter(); }
static inline void host_time_exit(void) { vtime_account_guest_exit(); }

/* Whether the task owes the host something before it may be in a guest; and a signal among it. */
static inline bool host_work_waits(void)
{
	unsigned long flags = read_thread_flags();

	if (likely(!(flags & (_TIF_NEED_RESCHED | _TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL |
			      _TIF_NOTIFY_RESUME))))
		return false;
	/* rseq's alone is done at the return to user space, as after any preemption. */
	return (flags & (_TIF_NEED_RESCHED | _TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL)) ||
	       task_work_pending(current);
}
/* Does it: may sleep, preemption on.  -EINTR: user space is to be seen first. */
int host_do_work(void);

/* L1TF: the L1 data cache, once for each KVM_RUN; the other mitigations are in vmenter.S. */
static inline void host_flush_l1d(bool ept)
{
	if (static_cpu_has(X86_FEATURE_FLUSH_L1D) && boot_cpu_has_bug(X86_BUG_L1TF) && ept)
		wrmsrl(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
}
/* After an exit: the kernel issues an IBPB before it returns to user space (VMSCAPE). */
static inline void host_note_exit(void)
{
	if (cpu_feature_enabled(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
}
/* Another vCPU than the last one here. */
static inline void host_vcpu_switched(void) { indirect_branch_prediction_barrier(); }

#endif
