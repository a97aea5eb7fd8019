/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: its descriptor and mapping, its lifetime, which processor it is loaded on, how others
 * take it out of the guest, and where each of its ioctls goes.
 */
#include "host.h"

/* What user space maps: struct kvm_run, and the data of port I/O. */
#define VCPU_PAGES_ORDER	1

static void vcpu_sched_in(struct preempt_notifier *pn, int cpu)
{
	vmx_load(container_of(pn, struct mvm_vcpu, preempt), cpu);
}

static void vcpu_sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	host_put_guest(container_of(pn, struct mvm_vcpu, preempt));
}

static struct preempt_ops vcpu_preempt_ops = {
	.sched_in = vcpu_sched_in,
	.sched_out = vcpu_sched_out,
};

/* The interrupt itself takes the processor out of the guest; run.c looks at requests again. */
static void left_guest(void *unused)
{
}

void mvm_flush_vm(struct mvm_vm *vm)
{
	unsigned int i, n = smp_load_acquire(&vm->nvcpus);

	for (i = 0; i < n; i++)
		set_bit(MVM_REQ_FLUSH, &vm->vcpus[i]->requests);
	/* Pairs with run.c: either it sees the request, or we see that it is in the guest. */
	smp_mb__after_atomic();
	for (i = 0; i < n; i++) {
		const struct mvm_vcpu *vcpu = vm->vcpus[i];

		/* Where it is now or was since; it has looked at its requests if it moved. */
		if (READ_ONCE(vcpu->in_guest))
			smp_call_function_single(READ_ONCE(vcpu->cpu), left_guest, NULL, 1);
	}
}

void mvm_flush_vcpu(struct mvm_vcpu *vcpu)
{
	set_bit(MVM_REQ_FLUSH, &vcpu->requests);
}

void mvm_need_state(struct mvm_vcpu *vcpu, u32 groups)
{
	if ((vcpu->have & groups) == groups)
		return;
	while (!mvm_vcpu_load(vcpu) && !fatal_signal_pending(current)) {
		mvm_vcpu_put(vcpu);
		schedule_timeout_uninterruptible(1);
	}
	mvm_state_get(vcpu, groups);
	mvm_vcpu_put(vcpu);
}

static long set_signal_mask(struct mvm_vcpu *vcpu, struct kvm_signal_mask __user *arg)
{
	struct kvm_signal_mask mask;
	sigset_t set;

	if (!arg) {
		vcpu->sigset_active = false;
		return 0;
	}
	if (copy_from_user(&mask, arg, sizeof(mask)))
		return -EFAULT;
	if (mask.len != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, arg->sigset, sizeof(set)))
		return -EFAULT;
	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigset = set;
	vcpu->sigset_active = true;
	return 0;
}

/* Not part of vcpu_ioctl(), whose frame each exit pays for. */
static noinline long vcpu_ioctl_other(struct mvm_vcpu *vcpu, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	/* Clones read their template's vCPU without a lock: it can be asked, not changed. */
	if (vcpu->vm->frozen && _IOC_DIR(cmd) != _IOC_READ && cmd != KVM_GET_MSRS &&
	    cmd != KVM_GET_CPUID2 && cmd != KVM_GET_TSC_KHZ)
		return -EPERM;
	switch (cmd) {
	case KVM_SET_SIGNAL_MASK:
		return set_signal_mask(vcpu, uarg);
	case KVM_SET_CPUID2:
		mvm_need_state(vcpu, MVM_ST_ALL);
		return mvm_cpuid_set(vcpu, uarg);
	case KVM_GET_CPUID2:
		return mvm_cpuid_put(uarg, vcpu->cpuid, vcpu->ncpuid);
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		mvm_need_state(vcpu, MVM_ST_ALL);
		return mvm_msr_ioctl(vcpu, cmd, uarg);
	case KVM_GET_TSC_KHZ:
		return vcpu->tsc_khz;
	case KVM_SET_TSC_KHZ:
		return mvm_set_tsc_khz(vcpu, arg);
	default:
		return mvm_regs_ioctl(vcpu, cmd, uarg);
	}
}

/* vcpu->lock is for the process whose VM it is.  Inline: vcpu_llseek() is to be as short. */
static __always_inline long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mvm_vcpu *vcpu = file->private_data;
	long ret;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (mutex_lock_killable(&vcpu->lock))
		return -EINTR;
	if (likely(cmd == KVM_RUN))
		ret = arg ? -EINVAL : mvm_run(vcpu);
	else
		ret = vcpu_ioctl_other(vcpu, cmd, arg);
	mutex_unlock(&vcpu->lock);
	return ret;
}

/* MVM_CAP_RUN_SEEK: of all system calls this one has the shortest way to a file's owner. */
static loff_t vcpu_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence != MVM_RUN_SEEK)
		return noop_llseek(file, offset, whence);
	return offset ? -EINVAL : vcpu_ioctl(file, KVM_RUN, 0);
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct mvm_vcpu *vcpu = vmf->vma->vm_file->private_data;

	if (vmf->pgoff >= 1 << VCPU_PAGES_ORDER)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(vcpu->run) + vmf->pgoff;
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct mvm_vcpu *vcpu = file->private_data;

	mvm_vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vcpu_ioctl,
	.mmap = vcpu_mmap,
	.release = vcpu_release,
	.llseek = vcpu_llseek,
};

/* Of one that was never made in full, too. */
void mvm_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	const struct mvm_mmu_ops *mmu = vcpu->vm->mmu;

	if (mmu->vcpu_destroy && vcpu->mmu)
		mmu->vcpu_destroy(vcpu);
	vmx_vcpu_destroy(vcpu);
	fpu_free_guest_fpstate(&vcpu->fpu);
	kvfree(vcpu->cpuid);
	free_pages((unsigned long)vcpu->run, VCPU_PAGES_ORDER);
	kfree(vcpu);
	mvm_live_dec();
}

/* All but its descriptor.  memset64: clearing pages by bytes costs eight times the steps. */
static int vcpu_init(struct mvm_vcpu *vcpu)
{
	struct mvm_vm *vm = vcpu->vm;
	int err;

	mutex_init(&vcpu->lock);
	preempt_notifier_init(&vcpu->preempt, &vcpu_preempt_ops);
	vcpu->cpu = -1;
	vcpu->tsc_khz = tsc_khz;
	vcpu->tsc_offset = -(s64)rdtsc();	/* the guest's begins at 0 */
	vcpu->run = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_COMP, VCPU_PAGES_ORDER);
	if (!vcpu->run || !fpu_alloc_guest_fpstate(&vcpu->fpu))
		return -ENOMEM;
	memset64((u64 *)vcpu->run, 0, (PAGE_SIZE << VCPU_PAGES_ORDER) / sizeof(u64));
	mvm_regs_reset(vcpu);
	err = vmx_vcpu_init(vcpu);
	if (!err && vm->mmu->vcpu_init)
		err = vm->mmu->vcpu_init(vcpu);
	return !err && vm->template ? mvm_clone_vcpu_init(vcpu) : err;
}

struct mvm_vcpu *mvm_vcpu_find(struct mvm_vm *vm, u32 id)
{
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++) {
		if (vm->vcpus[i]->id == id)
			return vm->vcpus[i];
	}
	return NULL;
}

/*
 * The descriptor, whose file holds a reference of the VM.  Who guesses its number waits for
 * vcpu->lock: a flush must find the vCPU before it can run.
 */
static int vcpu_publish(struct mvm_vcpu *vcpu)
{
	struct mvm_vm *vm = vcpu->vm;
	int fd;

	mutex_lock(&vcpu->lock);
	kref_get(&vm->ref);
	fd = anon_inode_getfd("mvm-vcpu", &vcpu_fops, vcpu, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		mvm_vm_put(vm);
	} else {
		vm->vcpus[vm->nvcpus] = vcpu;
		smp_store_release(&vm->nvcpus, vm->nvcpus + 1);
	}
	mutex_unlock(&vcpu->lock);
	return fd;
}

long mvm_vcpu_create(struct mvm_vm *vm, u32 id)
{
	struct mvm_vcpu *vcpu;
	int ret;

	if (id >= MVM_MAX_VCPUS || vm->nvcpus >= MVM_MAX_VCPUS)
		return -EINVAL;
	if (vm->frozen)
		return -EPERM;
	if (mvm_vcpu_find(vm, id))
		return -EEXIST;
	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;
	mvm_live_inc();
	vcpu->vm = vm;
	vcpu->id = id;
	ret = vcpu_init(vcpu) ?: vcpu_publish(vcpu);
	if (ret < 0)
		mvm_vcpu_destroy(vcpu);
	return ret;
}
