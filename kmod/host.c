/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host kernel's side of VMX: see host.h for what it owns and which kernels it knows.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <linux/user-return-notifier.h>
#include <asm/cpu_entry_area.h>
#include <asm/desc.h>
#include <asm/mce.h>
#include <asm/nospec-branch.h>

#include "host.h"
#include "vmx_int.h"

/*
 * kvm_intel takes VMX at its first VM only, so CR4 does not tell that it is loaded; its directory
 * in /sys/module does, and find_module() is not exported.
 */
bool host_vmx_in_use(void)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "kvm_intel");

	if (kobj) {
		kobject_put(kobj);
		return true;
	}
	return host_vmxe();
}

void host_write_constant(void)
{
	struct desc_ptr idt;
	unsigned long val;

	vmcs_write(HOST_CR0, read_cr0() & ~X86_CR0_TS);
	vmcs_write(HOST_CS_SELECTOR, __KERNEL_CS);
	vmcs_write(HOST_SS_SELECTOR, __KERNEL_DS);
	/* Null, so that nothing is to be put back where user space has null ones too, as is usual. */
	vmcs_write(HOST_DS_SELECTOR, 0);
	vmcs_write(HOST_ES_SELECTOR, 0);
	vmcs_write(HOST_FS_SELECTOR, 0);
	vmcs_write(HOST_GS_SELECTOR, 0);
	vmcs_write(HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8);
	store_idt(&idt);
	vmcs_write(HOST_IDTR_BASE, idt.address);
	vmcs_write(HOST_RIP, (unsigned long)vmx_exit_entry);
	rdmsrl(MSR_IA32_SYSENTER_CS, val);
	vmcs_write(HOST_IA32_SYSENTER_CS, val);
	rdmsrl(MSR_IA32_SYSENTER_EIP, val);
	vmcs_write(HOST_IA32_SYSENTER_EIP, val);
	vmcs_write(HOST_IA32_EFER, vmx_host_efer);
	if (vmx_caps.exit & VM_EXIT_LOAD_IA32_PAT) {
		rdmsrl(MSR_IA32_CR_PAT, val);
		vmcs_write(HOST_IA32_PAT, val);
	}
}

void host_write_cpu(int cpu)
{
	vmcs_write(HOST_TR_BASE, (unsigned long)&get_cpu_entry_area(cpu)->tss.x86_tss);
	vmcs_write(HOST_GDTR_BASE, (unsigned long)get_current_gdt_ro());
	vmcs_write(HOST_IA32_SYSENTER_ESP, (unsigned long)(cpu_entry_stack(cpu) + 1));
}

/* ---- MSRs until the return to user mode ---- */

enum { URET_STAR, URET_LSTAR, URET_CSTAR, URET_FMASK, URET_TSC_AUX, URET_N };
static const u32 uret_msr[URET_N] = {
	[URET_STAR] = MSR_STAR, [URET_LSTAR] = MSR_LSTAR, [URET_CSTAR] = MSR_CSTAR,
	[URET_FMASK] = MSR_SYSCALL_MASK, [URET_TSC_AUX] = MSR_TSC_AUX,
};

struct user_msrs {
	struct user_return_notifier notifier;
	bool registered;
	u64 host[URET_N], now[URET_N];
};
static DEFINE_PER_CPU(struct user_msrs, user_msrs);

/* Interrupts are off for all of it: VMXOFF by IPI may do the same. */
static void put_user_msrs(struct user_msrs *m)
{
	unsigned int i;

	if (!m->registered)
		return;
	m->registered = false;
	user_return_notifier_unregister(&m->notifier);
	for (i = 0; i < URET_N; i++) {
		if (m->now[i] != m->host[i]) {
			wrmsrl(uret_msr[i], m->host[i]);
			m->now[i] = m->host[i];
		}
	}
}

static void on_user_return(struct user_return_notifier *notifier)
{
	struct user_msrs *m = container_of(notifier, struct user_msrs, notifier);
	unsigned long flags;

	local_irq_save(flags);
	put_user_msrs(m);
	local_irq_restore(flags);
}

void host_user_msrs_online(void)
{
	struct user_msrs *m = this_cpu_ptr(&user_msrs);
	unsigned int i;

	m->notifier.on_user_return = on_user_return;
	for (i = 0; i < URET_N; i++) {
		if (i == URET_TSC_AUX && !vmx_caps.rdtscp)
			continue;
		rdmsrl(uret_msr[i], m->host[i]);
		m->now[i] = m->host[i];
	}
}

void host_user_msrs_offline(void)
{
	put_user_msrs(this_cpu_ptr(&user_msrs));
}

static void load_user_msr(struct user_msrs *m, unsigned int i, u64 val)
{
	if (m->now[i] == val)
		return;
	wrmsrl(uret_msr[i], val);
	m->now[i] = val;
	if (!m->registered) {
		m->registered = true;
		user_return_notifier_register(&m->notifier);
	}
}

void host_load_user_msrs(struct mvm_vcpu *vcpu)
{
	struct user_msrs *m = this_cpu_ptr(&user_msrs);
	const struct mvm_regs *r = &vcpu->regs;

	load_user_msr(m, URET_STAR, r->star);
	load_user_msr(m, URET_LSTAR, r->lstar);
	load_user_msr(m, URET_CSTAR, r->cstar);
	load_user_msr(m, URET_FMASK, r->fmask);
	if (vmx_caps.rdtscp)
		load_user_msr(m, URET_TSC_AUX, r->tsc_aux);
}

/* ---- segments ---- */

/* A selector that the VMCS takes: RPL 0 and in the GDT (SDM 3, 27.2.3); others are put back by hand. */
static void write_host_segment(u16 *cached, u16 sel, unsigned long *cached_base,
			       unsigned long base, unsigned int sel_field, unsigned int base_field)
{
	u16 old = *cached & 7 ? 0 : *cached;
	u16 new = sel & 7 ? 0 : sel;

	if (old != new)
		vmcs_write(sel_field, new);
	*cached = sel;
	if (*cached_base != base) {
		vmcs_write(base_field, base);
		*cached_base = base;
	}
}

void host_save_segments(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	unsigned long fs_base;
	u16 fs, gs;

	savesegment(ds, vmx->host_ds);
	savesegment(es, vmx->host_es);
	asm volatile("sldt %0" : "=m" (vmx->host_ldt));
	if (likely(!test_thread_flag(TIF_ADDR32))) {
		current_save_fsgs();
		fs = current->thread.fsindex;
		gs = current->thread.gsindex;
		fs_base = current->thread.fsbase;
		vmx->host_kernel_gs_base = current->thread.gsbase;
	} else {
		savesegment(fs, fs);
		savesegment(gs, gs);
		rdmsrl(MSR_FS_BASE, fs_base);
		rdmsrl(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base);
	}
	wrmsrl(MSR_KERNEL_GS_BASE, vcpu->regs.kernel_gs_base);
	write_host_segment(&vmx->host_fs, fs, &vmx->host_fs_base, fs_base,
			   HOST_FS_SELECTOR, HOST_FS_BASE);
	write_host_segment(&vmx->host_gs, gs, &vmx->host_gs_base,
			   cpu_kernelmode_gs_base(raw_smp_processor_id()),
			   HOST_GS_SELECTOR, HOST_GS_BASE);
}

void host_restore_segments(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	rdmsrl(MSR_KERNEL_GS_BASE, vcpu->regs.kernel_gs_base);
	if (vmx->host_ldt || (vmx->host_gs & 7)) {
		asm volatile("lldt %0" : : "rm" (vmx->host_ldt));
		load_gs_index(vmx->host_gs);
	}
	if (vmx->host_fs & 7)
		loadsegment(fs, vmx->host_fs);
	if (unlikely(vmx->host_ds | vmx->host_es)) {
		loadsegment(ds, vmx->host_ds);
		loadsegment(es, vmx->host_es);
	}
	/* An exit makes the TSS 67h bytes long and the GDT 64 KiB (SDM 3, 28.5.2). */
	invalidate_tss_limit();
	wrmsrl(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base);
	load_fixmap_gdt(raw_smp_processor_id());
}

/* ---- what a guest must not hold up ---- */

/* KVM's own xfer_to_guest_mode_handle_work() wants a struct kvm_vcpu. */
int host_do_work(void)
{
	if (signal_pending(current) || task_work_pending(current))
		return -EINTR;
	if (need_resched())
		schedule();
	return 0;
}

void host_machine_check(void)
{
	struct pt_regs regs = {
		.cs = 3,	/* as from user mode: whichever guest it was, the task pays for it */
		.flags = X86_EFLAGS_IF,
	};

	do_machine_check(&regs);
}

void host_flush_l1d(void)
{
	if (static_cpu_has(X86_FEATURE_FLUSH_L1D) && boot_cpu_has_bug(X86_BUG_L1TF) && vmx_caps.ept)
		wrmsrl(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
}

void host_report_mitigations(bool ept)
{
	if (ept && boot_cpu_has_bug(X86_BUG_L1TF) && !boot_cpu_has(X86_FEATURE_FLUSH_L1D))
		pr_warn("L1TF: no microcode to flush the L1 cache; guests may read host memory\n");
}
