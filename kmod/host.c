/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host kernel's side of VMX: see host.h for what it owns and which kernels it knows.
 */
#include "host.h"
#include <asm/cpu_entry_area.h>
#include <asm/mce.h>

/*
 * kvm_intel takes VMX at its first VM only, so CR4 does not tell that it is loaded; its directory
 * in /sys/module does, and find_module() is not exported.
 */
bool host_vmx_in_use(void)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "kvm_intel");

	kobject_put(kobj);
	return kobj || host_vmxe();
}

void host_write_constant(void)
{
	struct desc_ptr idt;

	vmcs_write(HOST_CR0, read_cr0() & ~X86_CR0_TS);
	vmcs_write(HOST_CS_SELECTOR, __KERNEL_CS);
	vmcs_write(HOST_SS_SELECTOR, __KERNEL_DS);
	vmcs_write(HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8);
	store_idt(&idt);
	vmcs_write(HOST_IDTR_BASE, idt.address);
	vmcs_write(HOST_RIP, (unsigned long)vmx_exit_entry);
	vmcs_write(HOST_IA32_SYSENTER_CS, __rdmsr(MSR_IA32_SYSENTER_CS));
	vmcs_write(HOST_IA32_SYSENTER_EIP, __rdmsr(MSR_IA32_SYSENTER_EIP));
	vmcs_write(HOST_IA32_EFER, __rdmsr(MSR_EFER));
	if (vmx_caps.exit & VM_EXIT_LOAD_IA32_PAT)
		vmcs_write(HOST_IA32_PAT, __rdmsr(MSR_IA32_CR_PAT));
}

void host_write_cpu(int cpu)
{
	vmcs_write(HOST_TR_BASE, (unsigned long)&get_cpu_entry_area(cpu)->tss.x86_tss);
	vmcs_write(HOST_GDTR_BASE, (unsigned long)get_current_gdt_ro());
	vmcs_write(HOST_GS_BASE, cpu_kernelmode_gs_base(cpu));
	vmcs_write(HOST_IA32_SYSENTER_ESP, (unsigned long)(cpu_entry_stack(cpu) + 1));
}

/* ---- host state around the time that a vCPU is loaded and was entered ---- */

DEFINE_PER_CPU(struct host_cpu, host_cpu);

void host_online(void)
{
	struct host_cpu *cpu = this_cpu_ptr(&host_cpu);

	rdmsrl(MSR_STAR, cpu->msrs.star);
	rdmsrl(MSR_LSTAR, cpu->msrs.lstar);
	rdmsrl(MSR_SYSCALL_MASK, cpu->msrs.fmask);
	if (vmx_caps.rdtscp)
		rdmsrl(MSR_TSC_AUX, cpu->msrs.tsc_aux);
	cpu->gdt.size = GDT_SIZE - 1;
	cpu->gdt.address = (unsigned long)get_cpu_gdt_ro(smp_processor_id());
}

/*
 * The VMCS's are null (SDM 3, 27.2.3 would allow some others): a process that has any other has all
 * of them put back by hand, and with them the bases that they bring along.
 */
void host_save_selectors(struct vmx_vcpu *vmx)
{
	savesegment(ds, vmx->host_ds);
	savesegment(es, vmx->host_es);
	savesegment(fs, vmx->host_fs);
	savesegment(gs, vmx->host_gs);
	asm volatile("sldt %0" : "=m" (vmx->host_ldt));
}

void host_restore_selectors(const struct vmx_vcpu *vmx)
{
	asm volatile("lldt %0" : : "rm" (vmx->host_ldt));
	loadsegment(ds, vmx->host_ds);
	loadsegment(es, vmx->host_es);
	loadsegment(fs, vmx->host_fs);
	load_gs_index(vmx->host_gs);
	wrmsrl(MSR_FS_BASE, vmx->host_fs_base);
	wrmsrl(MSR_KERNEL_GS_BASE, vmx->host_kernel_gs_base);
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
	/* As from user mode: it is the task that pays for its guest. */
	struct pt_regs regs = { .cs = 3, .flags = X86_EFLAGS_IF };

	do_machine_check(&regs);
}
