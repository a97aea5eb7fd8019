/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM: its descriptor, its lifetime, its ioctls.  Memory is in memslot.c and map.c, vCPUs in
 * vcpu.c, clones in clone.c.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"
#include "host.h"
#include "vmx.h"

static const struct file_operations vm_fops;

static void vm_destroy(struct kref *ref)
{
	struct mvm_vm *vm = container_of(ref, struct mvm_vm, ref);
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++)
		mvm_vcpu_destroy(vm->vcpus[i]);
	/* After this no invalidation of the host's reaches the VM any more. */
	mvm_notifier_detach(vm);
	mvm_ioeventfd_destroy(vm);
	if (IS_ENABLED(CONFIG_KMOD_CLONE))
		mvm_clone_destroy(vm);
	vm->mmu->vm_destroy(vm);
	mvm_slots_destroy(vm);
	mmdrop(vm->mm);
	kfree(vm);
	vmx_cpus_put();
	mvm_live_dec();
}

void mvm_vm_get(struct mvm_vm *vm)
{
	kref_get(&vm->ref);
}

void mvm_vm_put(struct mvm_vm *vm)
{
	kref_put(&vm->ref, vm_destroy);
}

struct mvm_vm *mvm_vm_alloc(void)
{
	struct mvm_vm *vm;
	int err;

	err = vmx_cpus_get();
	if (err)
		return ERR_PTR(err);
	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm) {
		err = -ENOMEM;
		goto out_cpus;
	}
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	spin_lock_init(&vm->mmu_lock);
	INIT_LIST_HEAD(&vm->ioeventfds);
	vm->mmu = mvm_engine;
	vm->mm = current->mm;
	mmgrab(vm->mm);

	err = vm->mmu->vm_init(vm);
	if (err)
		goto out_mm;
	err = mvm_notifier_attach(vm);
	if (err)
		goto out_engine;
	mvm_live_inc();
	return vm;

out_engine:
	vm->mmu->vm_destroy(vm);
out_mm:
	mmdrop(vm->mm);
	kfree(vm);
out_cpus:
	vmx_cpus_put();
	return ERR_PTR(err);
}

int mvm_vm_fd(struct mvm_vm *vm)
{
	const int flags = O_RDWR | O_CLOEXEC;
	int fd;

	/* What is mapped of a clone must be found, and not the mappings of all anonymous files. */
	if (IS_ENABLED(CONFIG_KMOD_CLONE) && vm->clone)
		fd = host_own_inode_fd("mvm-vm", &vm_fops, vm, flags);
	else
		fd = anon_inode_getfd("mvm-vm", &vm_fops, vm, flags);

	if (fd < 0)
		mvm_vm_put(vm);
	return fd;
}

long mvm_vm_create(unsigned long type)
{
	struct mvm_vm *vm;

	if (type)
		return -EINVAL;
	vm = mvm_vm_alloc();
	return IS_ERR(vm) ? PTR_ERR(vm) : mvm_vm_fd(vm);
}

/* The ioctls that read a structure. */
static long vm_ioctl_struct(struct mvm_vm *vm, unsigned int cmd, void __user *arg)
{
	union {
		struct kvm_userspace_memory_region mem;
		struct kvm_dirty_log log;
		struct kvm_ioeventfd ioeventfd;
		struct mvm_exec exec;
		struct mvm_vmcall vmcall;
		struct mvm_view view;
		struct mvm_range range;
	} u;

	if (copy_from_user(&u, arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	switch (cmd) {
	case KVM_SET_USER_MEMORY_REGION:
		return mvm_slot_set(vm, &u.mem);
	case KVM_GET_DIRTY_LOG:
		return mvm_slot_get_dirty_log(vm, &u.log);
	case KVM_IOEVENTFD:
		return mvm_ioeventfd_set(vm, &u.ioeventfd);
	case MVM_SET_EXEC:
		return mvm_slot_set_exec(vm, &u.exec);
	case MVM_SET_VMCALL:
		return mvm_vmcall_set(vm, &u.vmcall);
	case MVM_ZERO:
		return IS_ENABLED(CONFIG_KMOD_CLONE) ? mvm_zero(vm, &u.range) : -ENOTTY;
	default:
		return IS_ENABLED(CONFIG_KMOD_VMFUNC) ? mvm_view_set(vm, &u.view) : -ENOTTY;
	}
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const bool clones = IS_ENABLED(CONFIG_KMOD_CLONE);
	struct mvm_vm *vm = file->private_data;
	void __user *uarg = (void __user *)arg;

	/* Clones are made in any process: the descriptor of a template is the right to. */
	if (vm->mm != current->mm && !(cmd == MVM_CLONE && READ_ONCE(vm->frozen)))
		return -EIO;
	switch (cmd) {
	case KVM_CREATE_VCPU:
		return mvm_vcpu_create(vm, arg);
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_GET_DIRTY_LOG:
	case KVM_IOEVENTFD:
	case MVM_SET_EXEC:
	case MVM_SET_VMCALL:
	case MVM_SET_VIEW:
	case MVM_ZERO:
		return vm_ioctl_struct(vm, cmd, uarg);
	case KVM_CHECK_EXTENSION:
		return mvm_check_extension(arg);
	case MVM_GET_STATS:
		return mvm_stats_get(vm, uarg);
	case MVM_FREEZE:
		return clones ? mvm_freeze(vm) : -ENOTTY;
	case MVM_CLONE:
		return clones ? mvm_clone(vm) : -ENOTTY;
	case MVM_RESET:
		return clones ? mvm_reset(vm, arg) : -ENOTTY;
	default:
		return -ENOTTY;
	}
}

/* Only a clone has memory of its own to be mapped. */
static int vm_fmap(struct file *file, struct vm_area_struct *vma)
{
	struct mvm_vm *vm = file->private_data;

	if (!IS_ENABLED(CONFIG_KMOD_CLONE) || !vm->clone)
		return -ENODEV;
	if (vm->mm != current->mm)
		return -EIO;
	return mvm_clone_mmap(vm, vma);
}

static int vm_release(struct inode *inode, struct file *file)
{
	mvm_vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vm_ioctl,
	.release = vm_release,
	.mmap = vm_fmap,
	.llseek = noop_llseek,
};
