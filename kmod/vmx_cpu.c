/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX operation of each CPU: VMXON when the first VM is made, VMXOFF after the last, CPUs that come
 * and go, suspend, reboot; and which VMCS is current and active where.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>

#include "host.h"
#include "ledger.h"
#include "vmx_int.h"

struct vmx_cpu {
	struct mvm_vmcs *region;	/* for VMXON */
	bool on;
	struct list_head active;	/* VMCSs that this CPU may cache: interrupts off */
};
static DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu);
DEFINE_PER_CPU(struct mvm_vmcs *, vmx_current);

static DEFINE_MUTEX(users_lock);
static unsigned int users;		/* VMs; written under users_lock */
static enum cpuhp_state hotplug_state;

void vmx_op_failed(const char *op, u64 operand, bool fault)
{
	if (fault)
		pr_err_ratelimited("%s %llx faulted: is VMX off?\n", op, operand);
	else
		pr_err_ratelimited("%s %llx failed, error %lu, current VMCS %llx\n", op, operand,
				   vmcs_read(VM_INSTRUCTION_ERROR), vmx_vmptrst());
}

/* Interrupts off.  Does not touch VMX where another has it. */
static int cpu_on(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	int err;

	if (cpu->on)
		return 0;
	if (host_vmxe())
		return -EBUSY;
	host_set_vmxe(true);
	err = vmx_vmxon_err(__pa(cpu->region));
	if (err) {
		host_set_vmxe(false);
		pr_err("VMXON: %s on CPU %d\n", err == -EFAULT ? "fault" : "failure",
		       smp_processor_id());
		return err;
	}
	cpu->on = true;
	__this_cpu_write(vmx_current, NULL);
	/* Of whoever had VMX before. */
	if (vmx_caps.ept)
		vmx_invept(VMX_INVEPT_GLOBAL, 0);
	if (vmx_caps.vpid && vmx_caps.invvpid_all)
		vmx_invvpid(VMX_INVVPID_ALL, 0, 0);
	host_online();
	return 0;
}

/* Interrupts off, on the CPU where the VMCS is active, or was. */
static void clear_vmcs(void *arg)
{
	struct vmx_vcpu *vmx = arg;

	if (vmx->cpu != smp_processor_id())
		return;
	if (__this_cpu_read(vmx_current) == vmx->vmcs)
		__this_cpu_write(vmx_current, NULL);
	vmx_vmclear(__pa(vmx->vmcs));
	list_del(&vmx->active);
	vmx->launched = false;
	/* Pairs with the read in vmx_make_current(): first off this list, then on another. */
	smp_store_release(&vmx->cpu, -1);
}

static void cpu_off(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	struct vmx_vcpu *vmx, *next;

	if (!cpu->on)
		return;
	list_for_each_entry_safe(vmx, next, &cpu->active, active)
		clear_vmcs(vmx);
	cpu->on = false;
	if (vmx_vmxoff_err())
		pr_err("VMXOFF failed on CPU %d\n", smp_processor_id());
	host_set_vmxe(false);
}

static void cpu_on_ipi(void *err)
{
	int ret = cpu_on();

	if (ret)
		WRITE_ONCE(*(int *)err, ret);
}

static void cpu_off_ipi(void *unused)
{
	cpu_off();
}

int vmx_cpus_get(void)
{
	int err = 0;

	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!users) {
		on_each_cpu(cpu_on_ipi, &err, 1);
		if (err)
			on_each_cpu(cpu_off_ipi, NULL, 1);
	}
	if (!err)
		users++;
	mutex_unlock(&users_lock);
	cpus_read_unlock();
	return err;
}

void vmx_cpus_put(void)
{
	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!--users)
		on_each_cpu(cpu_off_ipi, NULL, 1);
	mutex_unlock(&users_lock);
	cpus_read_unlock();
}

/*
 * Hotplug, in the CPU's own thread.  The dynamic states come down while tasks may still be switched
 * to for a moment, so vmx_make_current() looks at `on` with interrupts off.
 */
static int bring_up(unsigned int nr)
{
	int err = 0;

	mutex_lock(&users_lock);
	if (users) {
		local_irq_disable();
		err = cpu_on();
		local_irq_enable();
	}
	mutex_unlock(&users_lock);
	return err;
}

static int take_down(unsigned int nr)
{
	local_irq_disable();
	cpu_off();
	local_irq_enable();
	return 0;
}

/* One CPU is left, interrupts are off. */
static int vmx_suspend(void)
{
	cpu_off();
	return 0;
}

static void vmx_resume(void)
{
	if (users && cpu_on())
		pr_err("no VMX after suspend\n");
}

static struct syscore_ops syscore = {
	.suspend = vmx_suspend,
	.resume = vmx_resume,
};

/* A CPU in VMX operation ignores INIT (SDM 3, 24.8), which a reboot may need. */
static int vmx_reboot(struct notifier_block *nb, unsigned long event, void *unused)
{
	on_each_cpu(cpu_off_ipi, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block reboot = {
	.notifier_call = vmx_reboot,
};

static void free_regions(void)
{
	int nr;

	for_each_possible_cpu(nr) {
		free_page((unsigned long)per_cpu(vmx_cpu, nr).region);
		per_cpu(vmx_cpu, nr).region = NULL;
	}
}

static int alloc_regions(void)
{
	int nr;

	for_each_possible_cpu(nr) {
		struct vmx_cpu *cpu = &per_cpu(vmx_cpu, nr);

		INIT_LIST_HEAD(&cpu->active);
		cpu->region = (void *)get_zeroed_page(GFP_KERNEL);
		if (!cpu->region) {
			free_regions();
			return -ENOMEM;
		}
		cpu->region->revision = vmx_basic_vmcs_revision_id(vmx_caps.basic);
	}
	return 0;
}

int vmx_cpus_init(void)
{
	int err;

	err = alloc_regions();
	if (err)
		return err;
	vmx_enter_setup();
	err = vmcs_setup();
	if (err)
		goto out_regions;
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "mvm:online", bring_up, take_down);
	if (err < 0)
		goto out_vmcs;
	hotplug_state = err;
	register_syscore_ops(&syscore);
	register_reboot_notifier(&reboot);
	return 0;

out_vmcs:
	vmcs_teardown();
out_regions:
	free_regions();
	return err;
}

void vmx_cpus_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_syscore_ops(&syscore);
	cpuhp_remove_state_nocalls(hotplug_state);
	vmcs_teardown();
	free_regions();
}

void vmx_clear_everywhere(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	int cpu = smp_load_acquire(&vmx->cpu);

	if (cpu >= 0)
		smp_call_function_single(cpu, clear_vmcs, vmx, 1);
}

void vmx_make_current(struct mvm_vcpu *vcpu, int nr)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	struct vmx_cpu *cpu = &per_cpu(vmx_cpu, nr);
	unsigned long flags;
	bool moved = vmx->cpu != nr;

	if (moved)
		vmx_clear_everywhere(vcpu);
	local_irq_save(flags);
	if (unlikely(!cpu->on))
		goto out;		/* going offline: the task will be moved at once */
	if (vmx->cpu < 0) {
		list_add(&vmx->active, &cpu->active);
		vmx->cpu = nr;
		moved = true;
	}
	if (__this_cpu_read(vmx_current) != vmx->vmcs && vmx_vmptrld(__pa(vmx->vmcs))) {
		__this_cpu_write(vmx_current, vmx->vmcs);
		host_vcpu_switched();
	}
	if (moved) {
		host_write_cpu(nr);
		/* Translations from the last time it was here may be as old as that. */
		mvm_flush_vcpu(vcpu);
		mvm_ledger_moved(vcpu);
	}
out:
	local_irq_restore(flags);
}
