/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a VM while every vCPU of it stands still.  MVM_FREEZE makes it a template: its
 * memory is copied; its slots and its vCPUs stay as they are, because from now on nothing changes
 * them.  MVM_RESET and MVM_ZERO take private pages of a clone away, whose memory and vCPUs become
 * the template's again, or whose memory becomes zero.  How clones use a template is clone.c's.
 */
#include "clone.h"
#include "vmx_int.h"

/* ---- MVM_FREEZE ---- */

/*
 * Bytes from hva on that a clone may take for zero without looking: no mapping, or anonymous memory
 * that was never touched.  What is swapped out or belongs to a file is looked at.
 */
static unsigned long zero_bytes(struct mm_struct *mm, unsigned long hva)
{
	struct vm_area_struct *vma;
	unsigned long entry, size = 0;
	bool empty;

	mmap_read_lock(mm);
	vma = find_vma(mm, hva);
	if (!vma || vma->vm_start > hva) {
		size = (vma ? vma->vm_start : TASK_SIZE_MAX) - hva;
	} else if (vma_is_anonymous(vma)) {
		entry = mvm_host_entry(mm, hva, &empty);
		if (empty)
			size = min(entry - (hva & (entry - 1)), vma->vm_end - hva);
	}
	mmap_read_unlock(mm);
	return size;
}

static int page_save(struct mvm_vm *vm, u64 gfn, unsigned long hva)
{
	struct page *from, *copy;
	long n;
	int err = 0;

	n = get_user_pages_unlocked(hva, 1, &from, FOLL_HWPOISON);
	if (n != 1)
		return n == -EFAULT ? 0 : n < 0 ? n : -EINTR;
	if (memchr_inv(page_address(from), 0, PAGE_SIZE)) {
		copy = mvm_page_copy(from);
		err = copy ? xa_err(xa_store(&vm->pages, gfn, copy, GFP_KERNEL_ACCOUNT)) : -ENOMEM;
		if (err)
			mvm_page_free(copy);
	}
	put_page(from);
	return err;
}

static int pages_save(struct mvm_vm *vm, const struct mvm_slot *slot)
{
	u64 i = 0;
	int err = 0;

	while (i < slot->npages && !err) {
		unsigned long hva = slot->hva + (i << PAGE_SHIFT);
		unsigned long zero = zero_bytes(vm->mm, hva);

		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (!zero)
			err = page_save(vm, slot->gfn + i, hva);
		i += zero ? zero >> PAGE_SHIFT : 1;
	}
	return err;
}

static int freeze(struct mvm_vm *vm)
{
	struct mvm_slot *slot;
	unsigned int i;
	int err = 0;

	if (vm->template || vm->frozen)
		return -EINVAL;
	vm->zero = mvm_page_copy(ZERO_PAGE(0));
	if (!vm->zero)
		return -ENOMEM;
	mvm_for_each_slot(slot, vm) {
		err = pages_save(vm, slot);
		if (err)
			break;
	}
	if (err) {
		mvm_pages_free(vm);
		return err;
	}
	for (i = 0; i < vm->nvcpus; i++)
		mvm_need_state(vm->vcpus[i], MVM_ST_ALL);
	/* For who makes clones, and for the vCPUs' ioctls, which look under the vCPU's lock. */
	smp_store_release(&vm->frozen, true);
	return 0;
}

/* ---- vCPUs ---- */

/* vcpu->lock held, or the vCPU is not published: it is as from, the template's, is. */
static void vcpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu *from)
{
	vcpu->saved = from->saved;		/* its TSC runs on from the template's */
	vcpu->run->cr8 = vcpu->regs.cr8;
	to_vmx(vcpu)->triple_fault = false;
	to_vmx(vcpu)->root = 0;		/* view 0, wherever the guest was */
	vcpu->root_fixed = false;
	memcpy(&vcpu->fpu.fpstate->regs, &from->fpu.fpstate->regs, from->fpu.fpstate->size);
	/* Among them CR3, with which the next entry drops the guest's own translations. */
	mvm_state_put(vcpu, MVM_ST_ALL);
	mvm_cpuid_refresh(vcpu);
	/* An engine drops what it knows of the guest's tables and of the way to them. */
	mvm_cr_changed(vcpu, MVM_SREGS);
}

int mvm_clone_vcpu_init(struct mvm_vcpu *vcpu)
{
	const struct mvm_vcpu *from = mvm_vcpu_find(vcpu->vm->template, vcpu->id);

	if (!from)
		return -EINVAL;
	if (from->ncpuid) {
		vcpu->cpuid = kmemdup(from->cpuid, from->ncpuid * sizeof(*from->cpuid),
				      GFP_KERNEL_ACCOUNT);
		if (!vcpu->cpuid)
			return -ENOMEM;
		vcpu->ncpuid = from->ncpuid;
		vcpu->vmx.config_stale = true;
	}
	vcpu->tsc_khz = from->tsc_khz;
	vcpu_restore(vcpu, from);
	return 0;
}

/* ---- MVM_RESET and MVM_ZERO ---- */

/* The template's page again. */
static void drop_page(struct mvm_vm *vm, u64 gfn, struct page *page)
{
	spin_lock(&vm->mmu_lock);
	xa_erase(&vm->pages, gfn);
	vm->stats.private_pages--;
	mvm_zap(vm, gfn, 1);
	spin_unlock(&vm->mmu_lock);
	mvm_clone_host_unmap(vm, gfn, page);
	mvm_page_free(page);
}

/* An engine that shadows the guest's own tables has shadowed others than there will be. */
static void drop_shadows(struct mvm_vm *vm)
{
	if (!vm->mmu->cr_changed)
		return;
	spin_lock(&vm->mmu_lock);
	mvm_zap(vm, 0, 1ULL << MVM_GFN_BITS);
	spin_unlock(&vm->mmu_lock);
}

/* The number of private pages that there were, of which so many stay. */
static long reset(struct mvm_vm *vm, unsigned long keep)
{
	long before = min_t(u64, vm->stats.private_pages, INT_MAX);
	struct page *page, *origin;
	unsigned long gfn, n = 0;
	unsigned int i;

	drop_shadows(vm);
	xa_for_each(&vm->pages, gfn, page) {
		origin = mvm_template_page(vm, gfn);
		if (n++ >= keep)
			drop_page(vm, gfn, page);
		else if (origin == vm->template->zero)
			clear_highpage(page);
		else
			copy_highpage(page, origin);
		cond_resched();
	}
	mvm_slots_reset_exec(vm);
	for (i = 0; i < vm->nvcpus; i++)
		vcpu_restore(vm->vcpus[i], mvm_vcpu_find(vm->template, vm->vcpus[i]->id));
	return before;
}

/* What the template has there is hidden behind pages of zeros; the clone's others go back. */
static int zero(struct mvm_vm *vm, const struct mvm_range *range)
{
	u64 gfn = range->gpa >> PAGE_SHIFT, last = (range->gpa + range->size - 1) >> PAGE_SHIFT;
	unsigned long at;
	struct page *page;

	if (!mvm_slot_of_range(vm, range->gpa, range->size))
		return -EINVAL;
	drop_shadows(vm);
	xa_for_each_range(&vm->template->pages, at, page, gfn, last) {
		page = mvm_clone_privatize(vm, at, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page);
		clear_highpage(page);
		cond_resched();
	}
	xa_for_each_range(&vm->pages, at, page, gfn, last) {
		if (mvm_template_page(vm, at) == vm->template->zero)
			drop_page(vm, at, page);
		cond_resched();
	}
	return 0;
}

/* ---- the ioctls ---- */

static void go_on(struct mvm_vm *vm, unsigned int nvcpus)
{
	while (nvcpus--)
		mutex_unlock(&vm->vcpus[nvcpus]->lock);
}

/* Every vCPU's lock, so that none runs; or none of them and -EBUSY. */
static int stop(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++) {
		if (!mutex_trylock(&vm->vcpus[i]->lock)) {
			go_on(vm, i);
			return -EBUSY;
		}
	}
	return 0;
}

long mvm_template_ioctl(struct mvm_vm *vm, unsigned int cmd, unsigned long keep,
			const struct mvm_range *range)
{
	long ret = stop(vm);

	if (ret)
		return ret;
	if (cmd == MVM_FREEZE)
		ret = freeze(vm);
	else if (!vm->template)
		ret = -EINVAL;
	else if (cmd == MVM_RESET)
		ret = reset(vm, keep);
	else
		ret = zero(vm, range);
	go_on(vm, vm->nvcpus);
	return ret;
}
