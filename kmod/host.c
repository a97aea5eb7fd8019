/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host kernel's side of VMX: see host.h for what it owns and which kernels it knows.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <asm/cpu_entry_area.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
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
	/* Null, so that nothing is to be put back where user space has null ones too. */
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
	vmcs_write(HOST_GS_BASE, cpu_kernelmode_gs_base(cpu));
	vmcs_write(HOST_IA32_SYSENTER_ESP, (unsigned long)(cpu_entry_stack(cpu) + 1));
}

/* ---- MSRs that matter in user mode only ---- */

/* What the host has in them, what is in them now, and a GDT that LGDT can take. */
struct host_cpu {
	struct mvm_user_msrs host, now;
	struct desc_ptr gdt;
};
static DEFINE_PER_CPU(struct host_cpu, host_cpu);

void host_online(void)
{
	struct host_cpu *cpu = this_cpu_ptr(&host_cpu);

	rdmsrl(MSR_STAR, cpu->host.star);
	rdmsrl(MSR_LSTAR, cpu->host.lstar);
	rdmsrl(MSR_CSTAR, cpu->host.cstar);
	rdmsrl(MSR_SYSCALL_MASK, cpu->host.fmask);
	if (vmx_caps.rdtscp)
		rdmsrl(MSR_TSC_AUX, cpu->host.tsc_aux);
	cpu->now = cpu->host;
	cpu->gdt.size = GDT_SIZE - 1;
	cpu->gdt.address = (unsigned long)get_cpu_gdt_ro(smp_processor_id());
}

static __always_inline void change_msr(u32 msr, u64 *now, u64 val)
{
	if (*now != val) {
		*now = val;
		native_wrmsrl(msr, val);
	}
}

static __always_inline void change_msrs(struct mvm_user_msrs *now, const struct mvm_user_msrs *to)
{
	change_msr(MSR_STAR, &now->star, to->star);
	change_msr(MSR_LSTAR, &now->lstar, to->lstar);
	change_msr(MSR_CSTAR, &now->cstar, to->cstar);
	change_msr(MSR_SYSCALL_MASK, &now->fmask, to->fmask);
	if (now->tsc_aux != to->tsc_aux && vmx_caps.rdtscp)
		change_msr(MSR_TSC_AUX, &now->tsc_aux, to->tsc_aux);
}

void vmx_reload_msrs(struct mvm_vcpu *vcpu)
{
	preempt_disable();
	if (to_vmx(vcpu)->state_loaded)
		change_msrs(&this_cpu_ptr(&host_cpu)->now, &vcpu->regs.user_msrs);
	preempt_enable();
}

/* ---- host state around the time that a vCPU is loaded and was entered ---- */

/* Selectors that the VMCS takes have RPL 0 and are of the GDT (SDM 3, 27.2.3). */
static noinline void save_selectors(struct vmx_vcpu *vmx)
{
	u16 fs, gs;

	savesegment(ds, vmx->host_ds);
	savesegment(es, vmx->host_es);
	savesegment(fs, fs);
	savesegment(gs, gs);
	asm volatile("sldt %0" : "=m" (vmx->host_ldt));
	vmcs_write(HOST_FS_SELECTOR, fs & 7 ? 0 : fs);
	vmcs_write(HOST_GS_SELECTOR, gs & 7 ? 0 : gs);
	vmx->host_fs = fs;
	vmx->host_gs = gs;
	vmx->host_selectors = vmx->host_ds | vmx->host_es | fs | gs | vmx->host_ldt;
}

/* Any selector that an exit does not put back by itself. */
static __always_inline unsigned int selectors(void)
{
	unsigned int ds, es, fs, gs, ldt;

	asm volatile("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3\n\tsldt %4"
		     : "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs), "=r" (ldt));
	return ds | es | fs | gs | ldt;
}

void host_load_guest(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	unsigned long fs_base;

	vmx->state_loaded = true;
	if (unlikely(selectors() || vmx->host_selectors))
		save_selectors(vmx);
	fs_base = static_cpu_has(X86_FEATURE_FSGSBASE) ? rdfsbase() : __rdmsr(MSR_FS_BASE);
	if (fs_base != vmx->host_fs_base) {
		vmcs_write(HOST_FS_BASE, fs_base);
		vmx->host_fs_base = fs_base;
	}
	vmx->host_kernel_gs_base = __rdmsr(MSR_KERNEL_GS_BASE);
	if (vcpu->regs.kernel_gs_base != vmx->host_kernel_gs_base)
		native_wrmsrl(MSR_KERNEL_GS_BASE, vcpu->regs.kernel_gs_base);
	change_msrs(&this_cpu_ptr(&host_cpu)->now, &vcpu->regs.user_msrs);
}

static noinline void restore_selectors(const struct vmx_vcpu *vmx)
{
	if (vmx->host_ldt || (vmx->host_gs & 7)) {
		asm volatile("lldt %0" : : "rm" (vmx->host_ldt));
		load_gs_index(vmx->host_gs);
	}
	if (vmx->host_fs & 7)
		loadsegment(fs, vmx->host_fs);
	if (vmx->host_ds | vmx->host_es) {
		loadsegment(ds, vmx->host_ds);
		loadsegment(es, vmx->host_es);
	}
	/* A selector of the LDT or GDT brought its own base along. */
	wrmsrl(MSR_FS_BASE, vmx->host_fs_base);
	wrmsrl(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base);
}

static noinline void tss_limit_lost(void)
{
	invalidate_tss_limit();
}

void vmx_vcpu_put(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	struct host_cpu *cpu;

	if (!vmx->state_loaded)
		return;
	vmx->state_loaded = false;
	cpu = this_cpu_ptr(&host_cpu);
	vcpu->regs.kernel_gs_base = __rdmsr(MSR_KERNEL_GS_BASE);
	if (vcpu->regs.kernel_gs_base != vmx->host_kernel_gs_base)
		native_wrmsrl(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base);
	if (unlikely(vmx->host_selectors))
		restore_selectors(vmx);
	change_msrs(&cpu->now, &cpu->host);
	/* An exit makes the TSS 67h bytes long and the GDT 64 KiB (SDM 3, 28.5.2). */
	if (unlikely(!this_cpu_read(__tss_limit_invalid)))
		tss_limit_lost();
	native_load_gdt(&cpu->gdt);
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
		.cs = 3,	/* as from user mode: it is the task that pays for its guest */
		.flags = X86_EFLAGS_IF,
	};

	do_machine_check(&regs);
}

void host_report_mitigations(bool ept)
{
	if (ept && boot_cpu_has_bug(X86_BUG_L1TF) && !boot_cpu_has(X86_FEATURE_FLUSH_L1D))
		pr_warn("L1TF: no microcode to flush the L1 cache; guests may read host memory\n");
}
