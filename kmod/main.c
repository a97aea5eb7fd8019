/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module and its device: parameters, which memory engine, /dev/mvm and the ioctls that need
 * no VM.  What a VM or a vCPU does is in vm.c and vcpu.c.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "core.h"
#include "vmx.h"

static bool ept = true;
module_param(ept, bool, 0444);
MODULE_PARM_DESC(ept, "second-level page tables (1) or shadow page tables, the vMMU (0)");
static bool vpid = true;
module_param(vpid, bool, 0444);
MODULE_PARM_DESC(vpid, "tag the TLB with virtual-processor identifiers");

const struct mvm_mmu_ops *mvm_engine;
atomic_t mvm_live = ATOMIC_INIT(0);

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
