/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module and its device: parameters, which memory engine, /dev/mvm and the ioctls that need
 * no VM, capabilities.  What a VM or a vCPU does is in vm.c and vcpu.c.
 */
#include "vmx.h"
#include <linux/miscdevice.h>

static bool ept = true;
module_param(ept, bool, 0444);
MODULE_PARM_DESC(ept, "second-level page tables (1) or shadow page tables, the vMMU (0)");
static bool vpid = true;
module_param(vpid, bool, 0444);
MODULE_PARM_DESC(vpid, "tag the TLB with virtual-processor identifiers");

const struct mvm_mmu_ops *mvm_engine;
atomic_t mvm_live = ATOMIC_INIT(0);

/*
 * KVM_CHECK_EXTENSION: what this module has of KVM's capabilities, and its own.  A number that is
 * not here answers 0, as KVM answers for what it lacks.
 */
int mvm_check_extension(long cap)
{
	/* XSAVE without the processor's: FXSAVE's area in that structure. */
	static const u32 there[] = {
		KVM_CAP_USER_MEMORY, KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
		KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, KVM_CAP_INTERNAL_ERROR_DATA,
		KVM_CAP_READONLY_MEM, KVM_CAP_IOEVENTFD, KVM_CAP_IOEVENTFD_NO_LENGTH,
		KVM_CAP_IOEVENTFD_ANY_LENGTH, KVM_CAP_EXT_CPUID, KVM_CAP_GET_TSC_KHZ,
		KVM_CAP_VCPU_EVENTS, KVM_CAP_DEBUGREGS, KVM_CAP_SET_GUEST_DEBUG, KVM_CAP_MP_STATE,
		KVM_CAP_IMMEDIATE_EXIT, KVM_CAP_CHECK_EXTENSION_VM, KVM_CAP_NOP_IO_DELAY,
		KVM_CAP_SYNC_MMU, KVM_CAP_X86_ROBUST_SINGLESTEP, KVM_CAP_XSAVE,
		MVM_CAP_VMCALL, MVM_CAP_CLONE, MVM_CAP_RUN_SEEK,
	};
	const struct { u32 cap; int value; } values[] = {
		{ KVM_CAP_XCRS, boot_cpu_has(X86_FEATURE_XSAVE) },
		{ KVM_CAP_SYNC_REGS, KVM_SYNC_X86_VALID_FIELDS },
		{ KVM_CAP_NR_VCPUS, min_t(unsigned int, num_online_cpus(), MVM_MAX_VCPUS) },
		{ KVM_CAP_MAX_VCPUS, MVM_MAX_VCPUS }, { KVM_CAP_MAX_VCPU_ID, MVM_MAX_VCPUS },
		{ KVM_CAP_NR_MEMSLOTS, MVM_MAX_SLOTS },
		{ MVM_CAP_MEM_EXEC, mvm_engine->engine == 1 },
		{ MVM_CAP_STATS, IS_ENABLED(CONFIG_KMOD_STATS) },
		{ MVM_CAP_VMFUNC, IS_ENABLED(CONFIG_KMOD_VMFUNC) && vmx_caps.vmfunc },
		{ MVM_CAP_ENGINE, mvm_engine->engine },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(there); i++) {
		if (cap == there[i])
			return 1;
	}
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		if (cap == values[i].cap)
			return values[i].value;
	}
	return 0;
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CREATE_VM:
		return arg ? -EINVAL : mvm_vm_create(NULL);
	case KVM_CHECK_EXTENSION:
		return mvm_check_extension(arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		/* As KVM's: kvm_run, port I/O data, coalesced MMIO (which nobody has here). */
		return arg ? -EINVAL : 3 * PAGE_SIZE;
	case KVM_GET_SUPPORTED_CPUID:
		return mvm_cpuid_supported(uarg);
	case KVM_GET_MSR_INDEX_LIST:
		return mvm_msr_list(uarg);
	default:
		return -EINVAL;
	}
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = dev_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice mvm_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mvm",
	.mode = 0600,
	.fops = &dev_fops,
};

static int __init mvm_init(void)
{
	int err;

	err = vmx_setup(ept && IS_ENABLED(CONFIG_KMOD_EPT), vpid && IS_ENABLED(CONFIG_KMOD_VPID));
	if (err)
		return err;
	if (IS_ENABLED(CONFIG_KMOD_EPT) && vmx_caps.ept)
		mvm_engine = &mvm_ept_ops;
	else if (IS_ENABLED(CONFIG_KMOD_VMMU))
		mvm_engine = &mvm_vmmu_ops;
	if (!mvm_engine) {
		pr_err("this build has no memory engine for this processor and ept=%d\n", ept);
		return -EOPNOTSUPP;
	}
	err = vmx_cpus_init();
	if (err)
		return err;
	/* Once: turning the key with each VM would patch the scheduler's code each time. */
	preempt_notifier_inc();
	err = misc_register(&mvm_dev);
	if (err) {
		preempt_notifier_dec();
		vmx_cpus_exit();
		return err;
	}
	pr_info("/dev/mvm is ready, memory by %s\n", mvm_engine->name);
	return 0;
}

static void __exit mvm_exit(void)
{
	misc_deregister(&mvm_dev);
	mvm_notifier_exit();
	preempt_notifier_dec();
	vmx_cpus_exit();
	if (atomic_read(&mvm_live))
		pr_err("%d objects were leaked\n", atomic_read(&mvm_live));
}

module_init(mvm_init);
module_exit(mvm_exit);
MODULE_LICENSE("GPL v2");
MODULE_DESCRIPTION("mvm: a small hypervisor that speaks a subset of the KVM UAPI");
