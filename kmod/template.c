/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_FREEZE: a VM becomes a template.  Its memory is copied; its slots and its vCPUs stay as they
 * are, because from now on nothing changes them.  What clones do with it is clone.c's.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "clone.h"

static void vm_go_on(struct mvm_vm *vm, unsigned int nvcpus)
{
	while (nvcpus--)
		mutex_unlock(&vm->vcpus[nvcpus]->lock);
}

long mvm_vm_stop(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++) {
		if (!mutex_trylock(&vm->vcpus[i]->lock)) {
			vm_go_on(vm, i);
			return -EBUSY;
		}
	}
	return 0;
}

void mvm_vm_go_on(struct mvm_vm *vm)
{
	vm_go_on(vm, vm->nvcpus);
}

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

long mvm_freeze(struct mvm_vm *vm)
{
	long err = mvm_vm_stop(vm);

	if (err)
		return err;
	err = freeze(vm);
	mvm_vm_go_on(vm);
	return err;
}
