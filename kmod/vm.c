/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM: its descriptor, its lifetime, its ioctls.  Memory is in memslot.c and map.c, vCPUs in
 * vcpu.c, clones in clone.c.
 */
#include "host.h"

/* Of one that was never made in full, too. */
static void vm_destroy(struct kref *ref)
{
	struct mvm_vm *vm = container_of(ref, struct mvm_vm, ref);
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++)
		mvm_vcpu_destroy(vm->vcpus[i]);
	/* After this no invalidation of the host's reaches the VM any more. */
	if (vm->notifier)
		mvm_notifier_detach(vm);
	mvm_ioeventfd_destroy(vm);
	if (vm->mmu_data)
		vm->mmu->vm_destroy(vm);
	mvm_slots_destroy(vm);
	if (vm->frozen || vm->template)
		mvm_clone_destroy(vm);
	mmdrop(vm->mm);
	kfree(vm);
	vmx_cpus_put();
	mvm_live_dec();
}

void mvm_vm_put(struct mvm_vm *vm)
{
	kref_put(&vm->ref, vm_destroy);
}

/*
 * MVM_GET_STATS, summed over the vCPUs.  A vCPU's counters are read while it counts: each is a
 * whole number of its own, and the sum is of about one moment, which is what a statistic needs.
 */
static long get_stats(struct mvm_vm *vm, struct mvm_stats __user *arg)
{
	u64 sum[sizeof(struct mvm_stats) / sizeof(u64)], size;
	unsigned int i, j;

	if (get_user(size, &arg->size))
		return -EFAULT;
	if (size < sizeof(u64))
		return -EINVAL;
	memcpy(sum, &vm->stats, sizeof(sum));
	for (i = 0; i < vm->nvcpus; i++) {
		const u64 *counters = (const u64 *)&vm->vcpus[i]->stats;

		for (j = 1; j < ARRAY_SIZE(sum); j++)
			sum[j] += READ_ONCE(counters[j]);
	}
	sum[0] = min_t(u64, size, sizeof(sum));
	return copy_to_user(arg, sum, sum[0]) ? -EFAULT : 0;
}

/* The structure that an ioctl reads: as large as its number says. */
static int read_arg(void *to, unsigned int cmd, unsigned long arg)
{
	return copy_from_user(to, (void __user *)arg, _IOC_SIZE(cmd)) ? -EFAULT : 0;
}

static long locked_ioctl(struct mvm_vm *vm, unsigned int cmd, unsigned long arg)
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

	switch (cmd) {
	case KVM_CREATE_VCPU:
		return mvm_vcpu_create(vm, arg);
	case KVM_CHECK_EXTENSION:
		return mvm_check_extension(arg);
	case KVM_SET_USER_MEMORY_REGION:
		return read_arg(&u.mem, cmd, arg) ?: mvm_slot_set(vm, &u.mem);
	case KVM_GET_DIRTY_LOG:
		return read_arg(&u.log, cmd, arg) ?: mvm_slot_get_dirty_log(vm, &u.log);
	case KVM_IOEVENTFD:
		return read_arg(&u.ioeventfd, cmd, arg) ?: mvm_ioeventfd_set(vm, &u.ioeventfd);
	case MVM_SET_EXEC:
		return read_arg(&u.exec, cmd, arg) ?: mvm_slot_set_exec(vm, &u.exec);
	case MVM_SET_VMCALL:
		return read_arg(&u.vmcall, cmd, arg) ?: mvm_vmcall_set(vm, &u.vmcall);
	case MVM_SET_VIEW:
		if (!IS_ENABLED(CONFIG_KMOD_VMFUNC))
			return -ENOTTY;
		return read_arg(&u.view, cmd, arg) ?: mvm_view_set(vm, &u.view);
	case MVM_GET_STATS:
		return get_stats(vm, (void __user *)arg);
	case MVM_FREEZE:
	case MVM_RESET:
		return mvm_template_ioctl(vm, cmd, arg, NULL);
	case MVM_ZERO:
		return read_arg(&u.range, cmd, arg) ?: mvm_template_ioctl(vm, cmd, 0, &u.range);
	default:
		return -ENOTTY;
	}
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mvm_vm *vm = file->private_data;
	long ret;

	/* In any process: the descriptor is the right to.  A template changes no more. */
	if (cmd == MVM_CLONE && smp_load_acquire(&vm->frozen))
		return mvm_vm_create(vm);
	if (vm->mm != current->mm)
		return -EIO;
	if (cmd == MVM_CLONE)
		return -EINVAL;
	mutex_lock(&vm->lock);
	ret = locked_ioctl(vm, cmd, arg);
	mutex_unlock(&vm->lock);
	return ret;
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
	.mmap = mvm_clone_mmap,
	.llseek = noop_llseek,
};

long mvm_vm_create(struct mvm_vm *template)
{
	struct mvm_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	const int flags = O_RDWR | O_CLOEXEC;
	int ret = vm ? vmx_cpus_get() : -ENOMEM;

	if (ret) {
		kfree(vm);
		return ret;
	}
	mvm_live_inc();
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	spin_lock_init(&vm->mmu_lock);
	INIT_LIST_HEAD(&vm->ioeventfds);
	xa_init(&vm->pages);
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->mmu = mvm_engine;
	/* What happens to the process's memory is nothing to a clone. */
	ret = vm->mmu->vm_init(vm) ?:
	      (template ? mvm_clone_init(vm, template) : mvm_notifier_attach(vm));
	/* What is mapped of a clone must be found, and not the mappings of all anonymous files. */
	if (!ret)
		ret = template ? anon_inode_getfd_secure("mvm-vm", &vm_fops, vm, flags, NULL) :
				 anon_inode_getfd("mvm-vm", &vm_fops, vm, flags);
	if (ret < 0)
		mvm_vm_put(vm);
	return ret;
}
