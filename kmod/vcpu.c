/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: its descriptor and mapping, its lifetime, which processor it is loaded on, how others
 * take it out of the guest, and where each of its ioctls goes.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "core.h"
#include "ledger.h"
#include "vmx.h"

static struct kmem_cache *vcpu_cache;

static struct mvm_vcpu *vcpu_of(struct preempt_notifier *pn)
{
	return container_of(pn, struct mvm_vcpu, preempt);
}

static void vcpu_sched_in(struct preempt_notifier *pn, int cpu)
{
	vmx_vcpu_load(vcpu_of(pn), cpu);
}

static void vcpu_sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	vmx_vcpu_put(vcpu_of(pn));
}

static struct preempt_ops vcpu_preempt_ops = {
	.sched_in = vcpu_sched_in,
	.sched_out = vcpu_sched_out,
};

int mvm_vcpu_setup(void)
{
	vcpu_cache = kmem_cache_create("mvm_vcpu", sizeof(struct mvm_vcpu), 0, SLAB_ACCOUNT, NULL);
	if (!vcpu_cache)
		return -ENOMEM;
	/* Once: turning the key with each VM would patch the scheduler's code each time. */
	preempt_notifier_inc();
	return 0;
}

void mvm_vcpu_teardown(void)
{
	preempt_notifier_dec();
	kmem_cache_destroy(vcpu_cache);
}

void mvm_vcpu_load(struct mvm_vcpu *vcpu)
{
	vmx_vcpu_load(vcpu, get_cpu());
}

void mvm_vcpu_put(struct mvm_vcpu *vcpu)
{
	vmx_vcpu_put(vcpu);
	if (vcpu->notified) {
		vcpu->notified = false;
		preempt_notifier_unregister(&vcpu->preempt);
	}
	put_cpu();
}

void mvm_vcpu_resume(struct mvm_vcpu *vcpu)
{
	if (!vcpu->notified) {
		vcpu->notified = true;
		preempt_notifier_register(&vcpu->preempt);
	}
	preempt_enable();
}

void mvm_vcpu_pause(void)
{
	preempt_disable();
}

void mvm_vcpu_kick(struct mvm_vcpu *vcpu)
{
	int cpu;

	set_bit(MVM_REQ_KICK, &vcpu->requests);
	/* Pairs with run.c: either it sees the request, or we see that it is in the guest. */
	smp_mb__after_atomic();
	if (READ_ONCE(vcpu->mode) != MVM_IN_GUEST)
		return;
	cpu = get_cpu();
	if (vcpu->cpu >= 0 && vcpu->cpu != cpu && cpu_online(vcpu->cpu))
		smp_send_reschedule(vcpu->cpu);
	put_cpu();
}

/* The interrupt itself takes the processor out of the guest; run.c looks at requests again. */
static void left_guest(void *unused)
{
}

void mvm_flush_vm(struct mvm_vm *vm)
{
	unsigned int i, n = smp_load_acquire(&vm->nvcpus);
	int me = get_cpu();

	for (i = 0; i < n; i++)
		set_bit(MVM_REQ_FLUSH, &vm->vcpus[i]->requests);
	smp_mb__after_atomic();
	for (i = 0; i < n; i++) {
		struct mvm_vcpu *vcpu = vm->vcpus[i];
		int cpu = READ_ONCE(vcpu->cpu);

		if (READ_ONCE(vcpu->mode) == MVM_IN_GUEST && cpu >= 0 && cpu != me)
			smp_call_function_single(cpu, left_guest, NULL, 1);
	}
	put_cpu();
	mvm_ledger_flushed(vm);
}

void mvm_flush_vcpu(struct mvm_vcpu *vcpu)
{
	set_bit(MVM_REQ_FLUSH, &vcpu->requests);
}

void mvm_need_state(struct mvm_vcpu *vcpu, u32 groups)
{
	if ((vcpu->have & groups) == groups)
		return;
	mvm_vcpu_load(vcpu);
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

	switch (cmd) {
	case KVM_SET_SIGNAL_MASK:
		return set_signal_mask(vcpu, uarg);
	case KVM_SET_CPUID2:
		mvm_need_state(vcpu, MVM_ST_ALL);
		return mvm_cpuid_set(vcpu, uarg);
	case KVM_GET_CPUID2:
		return mvm_cpuid_get(vcpu, uarg);
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

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
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

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct mvm_vcpu *vcpu = vmf->vma->vm_file->private_data;
	struct page *page;

	if (vmf->pgoff == 0)
		page = virt_to_page(vcpu->run);
	else if (vmf->pgoff == 1)
		page = virt_to_page(vcpu->pio_data);
	else
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
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
	.llseek = noop_llseek,
};

static void vcpu_free(struct mvm_vcpu *vcpu)
{
	kvfree(vcpu->cpuid);
	free_page((unsigned long)vcpu->pio_data);
	free_page((unsigned long)vcpu->run);
	kmem_cache_free(vcpu_cache, vcpu);
}

void mvm_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	if (vcpu->vm->mmu->vcpu_destroy)
		vcpu->vm->mmu->vcpu_destroy(vcpu);
	vmx_vcpu_destroy(vcpu);
	mvm_fpu_destroy(vcpu);
	vcpu_free(vcpu);
	mvm_live_dec();
}

/* For user space to map.  memset64: page clearing by bytes costs eight times the steps. */
static void *mapped_page(void)
{
	void *page = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);

	if (page)
		memset64(page, 0, PAGE_SIZE / sizeof(u64));
	return page;
}

static struct mvm_vcpu *vcpu_alloc(struct mvm_vm *vm, u32 id)
{
	struct mvm_vcpu *vcpu = kmem_cache_zalloc(vcpu_cache, GFP_KERNEL_ACCOUNT);

	if (!vcpu)
		return NULL;
	vcpu->run = mapped_page();
	vcpu->pio_data = mapped_page();
	if (!vcpu->run || !vcpu->pio_data) {
		vcpu_free(vcpu);
		return NULL;
	}
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->cpu = -1;
	vcpu->tsc_khz = tsc_khz;
	vcpu->tsc_offset = -(s64)rdtsc();	/* the guest's begins at 0 */
	mutex_init(&vcpu->lock);
	preempt_notifier_init(&vcpu->preempt, &vcpu_preempt_ops);
	return vcpu;
}

/* vm->lock held.  A vCPU that is complete but for its descriptor. */
static struct mvm_vcpu *vcpu_new(struct mvm_vm *vm, u32 id)
{
	struct mvm_vcpu *vcpu = vcpu_alloc(vm, id);
	int err;

	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	err = mvm_fpu_init(vcpu);
	if (err)
		goto out_free;
	mvm_regs_reset(vcpu);
	err = vmx_vcpu_init(vcpu);
	if (err)
		goto out_fpu;
	err = vm->mmu->vcpu_init ? vm->mmu->vcpu_init(vcpu) : 0;
	if (err)
		goto out_vmx;
	mvm_live_inc();
	if (IS_ENABLED(CONFIG_KMOD_CLONE) && vm->clone) {
		err = mvm_clone_vcpu_init(vcpu);
		if (err) {
			mvm_vcpu_destroy(vcpu);
			return ERR_PTR(err);
		}
	}
	return vcpu;

out_vmx:
	vmx_vcpu_destroy(vcpu);
out_fpu:
	mvm_fpu_destroy(vcpu);
out_free:
	vcpu_free(vcpu);
	return ERR_PTR(err);
}

static int vcpu_id_check(struct mvm_vm *vm, u32 id)
{
	unsigned int i;

	if (id >= MVM_MAX_VCPUS || vm->nvcpus >= MVM_MAX_VCPUS)
		return -EINVAL;
	if (vm->frozen)
		return -EPERM;
	for (i = 0; i < vm->nvcpus; i++) {
		if (vm->vcpus[i]->id == id)
			return -EEXIST;
	}
	return 0;
}

/*
 * The vCPU's file, not yet reachable.  *fd is reserved for it.  The file holds a reference of the
 * VM from here on.
 */
static struct file *vcpu_file(struct mvm_vcpu *vcpu, int *fd)
{
	struct file *file;
	char name[32];

	*fd = get_unused_fd_flags(O_CLOEXEC);
	if (*fd < 0)
		return ERR_PTR(*fd);
	snprintf(name, sizeof(name), "mvm-vcpu:%u", vcpu->id);
	file = anon_inode_getfile(name, &vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file))
		put_unused_fd(*fd);
	else
		mvm_vm_get(vcpu->vm);
	return file;
}

long mvm_vcpu_create(struct mvm_vm *vm, u32 id)
{
	struct mvm_vcpu *vcpu;
	struct file *file;
	int fd, err;

	mutex_lock(&vm->lock);
	err = vcpu_id_check(vm, id);
	if (err)
		goto out;
	vcpu = vcpu_new(vm, id);
	if (IS_ERR(vcpu)) {
		err = PTR_ERR(vcpu);
		goto out;
	}
	file = vcpu_file(vcpu, &fd);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		mvm_vcpu_destroy(vcpu);
		goto out;
	}
	/* A flush must find it before it can run. */
	vm->vcpus[vm->nvcpus] = vcpu;
	smp_store_release(&vm->nvcpus, vm->nvcpus + 1);
	fd_install(fd, file);
	err = fd;
out:
	mutex_unlock(&vm->lock);
	return err;
}
