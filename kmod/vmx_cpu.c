/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX operation of each CPU: VMXON when the first VM is made, VMXOFF after the last, CPUs that come
 * and go, suspend, reboot; and which VMCS is current and active where.
 */
#include "host.h"
#include <linux/cpuhotplug.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>

struct vmx_cpu {
	u32 *region;			/* for VMXON; there while the CPU is online */
	bool on;
	struct list_head active;	/* VMCSs that this CPU may cache: interrupts off */
};
static DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu);
DEFINE_PER_CPU(u32 *, vmx_current);

static DEFINE_MUTEX(users_lock);
static unsigned int users;		/* VMs; written under users_lock */
static int hotplug_state;		/* an enum cpuhp_state, or -errno */

void vmx_op_failed(const char *op, u64 operand)
{
	u64 vmcs = vmx_vmptrst();

	/* A fault leaves no error number behind, nor does a failure without a current VMCS. */
	pr_err_ratelimited("%s %llx failed on CPU %d: CR4.VMXE %d, current VMCS %llx, error %lu\n",
			   op, operand, raw_smp_processor_id(), host_vmxe(), vmcs,
			   vmcs != ~0ULL ? vmcs_read(VM_INSTRUCTION_ERROR) : 0);
}

/* ---- VMX on and off: on the CPU itself, interrupts off ---- */

/* Does not touch VMX where another has it.  *err is written when it fails. */
static void cpu_on(void *err)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);

	if (cpu->on)
		return;
	if (!host_vmxe()) {
		host_set_vmxe(true);
		cpu->on = vmx_vmxon(__pa(cpu->region));
		host_set_vmxe(cpu->on);
	}
	if (!cpu->on) {
		WRITE_ONCE(*(int *)err, -EBUSY);
		return;
	}
	__this_cpu_write(vmx_current, NULL);
	/* Of whoever had VMX before. */
	if (vmx_caps.ept)
		vmx_invept((struct vmx_inv){}, VMX_EPT_EXTENT_GLOBAL);
	if (vmx_caps.vpid)
		vmx_invvpid((struct vmx_inv){}, VMX_VPID_EXTENT_ALL_CONTEXT);
	host_online();
}

/* On the CPU where the VMCS is active, or was. */
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
	/* Pairs with the read in vmx_clear_everywhere(): first off this list, then on another. */
	smp_store_release(&vmx->cpu, -1);
}

static void cpu_off(void *unused)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	struct vmx_vcpu *vmx, *next;

	if (!cpu->on)
		return;
	list_for_each_entry_safe(vmx, next, &cpu->active, active)
		clear_vmcs(vmx);
	cpu->on = false;
	vmx_vmxoff();
	host_set_vmxe(false);
}

int vmx_cpus_get(void)
{
	int err = 0;

	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!users)
		on_each_cpu(cpu_on, &err, 1);
	if (!err)
		users++;
	else
		on_each_cpu(cpu_off, NULL, 1);
	mutex_unlock(&users_lock);
	cpus_read_unlock();
	return err;
}

void vmx_cpus_put(void)
{
	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!--users)
		on_each_cpu(cpu_off, NULL, 1);
	mutex_unlock(&users_lock);
	cpus_read_unlock();
}

/* ---- CPUs that come and go ---- */

/*
 * Hotplug, in the CPU's own thread; when the module is loaded and unloaded, of every CPU.  The
 * dynamic states come down while tasks may still be switched to for a moment, so vmx_make_current()
 * looks at `on` with interrupts off.
 */
static int take_down(unsigned int nr)
{
	struct vmx_cpu *cpu = &per_cpu(vmx_cpu, nr);

	smp_call_function_single(nr, cpu_off, NULL, 1);
	free_page((unsigned long)cpu->region);
	cpu->region = NULL;
	return 0;
}

static int bring_up(unsigned int nr)
{
	struct vmx_cpu *cpu = &per_cpu(vmx_cpu, nr);
	int err = 0;

	INIT_LIST_HEAD(&cpu->active);
	cpu->region = (void *)get_zeroed_page(GFP_KERNEL);
	if (!cpu->region)
		return -ENOMEM;
	*cpu->region = vmx_basic_vmcs_revision_id(vmx_caps.basic);
	mutex_lock(&users_lock);
	if (users)
		smp_call_function_single(nr, cpu_on, &err, 1);
	mutex_unlock(&users_lock);
	if (err)
		take_down(nr);
	return err;
}

/* One CPU is left, interrupts are off. */
static int vmx_suspend(void)
{
	cpu_off(NULL);
	return 0;
}

static void vmx_resume(void)
{
	int err = 0;

	if (users)
		cpu_on(&err);		/* the log has what went wrong */
}

static struct syscore_ops syscore = { .suspend = vmx_suspend, .resume = vmx_resume };

/* A CPU in VMX operation ignores INIT (SDM 3, 24.8), which a reboot may need. */
static int vmx_reboot(struct notifier_block *nb, unsigned long event, void *unused)
{
	on_each_cpu(cpu_off, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block reboot = { .notifier_call = vmx_reboot };

int vmx_cpus_init(void)
{
	vmcs_setup();
	hotplug_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "mvm:online", bring_up, take_down);
	if (hotplug_state < 0)
		return hotplug_state;
	register_syscore_ops(&syscore);
	register_reboot_notifier(&reboot);
	return 0;
}

void vmx_cpus_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_syscore_ops(&syscore);
	cpuhp_remove_state(hotplug_state);
}

/* ---- which VMCS is where ---- */

void vmx_clear_everywhere(struct vmx_vcpu *vmx)
{
	int cpu = smp_load_acquire(&vmx->cpu);

	if (cpu >= 0)
		smp_call_function_single(cpu, clear_vmcs, vmx, 1);
}

bool vmx_make_current(struct mvm_vcpu *vcpu, int nr)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	struct vmx_cpu *cpu = &per_cpu(vmx_cpu, nr);
	unsigned long flags;
	bool arrives;

	if (vmx->cpu != nr)
		vmx_clear_everywhere(vmx);
	local_irq_save(flags);
	if (unlikely(!cpu->on))
		goto out;		/* going offline: the task will be moved at once */
	arrives = vmx->cpu < 0;
	if (arrives) {
		/* "Clear" is a state of a new region that VMPTRLD expects (SDM 3, 25.11.3). */
		vmx_vmclear(__pa(vmx->vmcs));
		list_add(&vmx->active, &cpu->active);
		vmx->cpu = nr;
	}
	if (__this_cpu_read(vmx_current) != vmx->vmcs && vmx_vmptrld(__pa(vmx->vmcs))) {
		__this_cpu_write(vmx_current, vmx->vmcs);
		host_vcpu_switched();
	}
	if (arrives) {
		if (!vmx->cpu_ctl)
			vmcs_write_constant(vmx);
		host_write_cpu(nr);
		/* Translations from the last time it was here may be as old as that. */
		mvm_flush_vcpu(vcpu);
		if (IS_ENABLED(CONFIG_KMOD_LEDGER))
			vcpu->ledger_paid = 0;
	}
out:
	local_irq_restore(flags);
	return __this_cpu_read(vmx_current) == vmx->vmcs;
}
