/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_RESET and MVM_ZERO: a clone's memory becomes the template's again, or zero.  Both take
 * private pages away, so both want every vCPU to stand still.
 */
#include <linux/mm.h>

#include "clone.h"
#include "vmx.h"

#define DROP_BATCH	64		/* pages that go under one hold of mmu_lock */

/*
 * Takes up to DROP_BATCH private pages of [*gfn, last] out of the clone; with zero, of those that
 * the template has as zeros.  *gfn is where to go on.  False: there are no more.
 */
static bool drop_batch(struct mvm_vm *vm, unsigned long *gfn, unsigned long last, bool zero)
{
	struct clone *c = vm->clone;
	struct page *page, *gone[DROP_BATCH];
	u64 gfns[DROP_BATCH];
	unsigned int i, n = 0;
	bool flush = false;

	spin_lock(&vm->mmu_lock);
	vm->mmu_seq++;
	for (page = xa_find(&c->pages, gfn, last, XA_PRESENT); page && n < DROP_BATCH;
	     page = xa_find_after(&c->pages, gfn, last, XA_PRESENT)) {
		if (zero && mvm_template_page(vm->template, *gfn) != vm->template->zero)
			continue;
		xa_erase(&c->pages, *gfn);
		flush |= vm->mmu->zap(vm, *gfn, *gfn + 1);
		gfns[n] = *gfn;
		gone[n++] = page;
	}
	vm->stats.private_pages -= n;
	if (flush)
		mvm_flush_vm(vm);
	spin_unlock(&vm->mmu_lock);

	for (i = 0; i < n; i++) {
		mvm_clone_host_unmap(c, gfns[i], gone[i]);
		mvm_page_free(gone[i]);
	}
	return page;
}

static void drop(struct mvm_vm *vm, unsigned long gfn, unsigned long last, bool zero)
{
	while (drop_batch(vm, &gfn, last, zero))
		cond_resched();
}

/* An engine that shadows the guest's own tables has shadowed others than are there now. */
static void drop_shadows(struct mvm_vm *vm)
{
	if (!vm->mmu->cr_changed)
		return;
	spin_lock(&vm->mmu_lock);
	vm->mmu_seq++;
	if (vm->mmu->zap(vm, 0, 1ULL << MVM_GFN_BITS))
		mvm_flush_vm(vm);
	spin_unlock(&vm->mmu_lock);
}

/* ---- MVM_RESET ---- */

/* vm->lock and every vCPU's held. */
static void reset_memory(struct mvm_vm *vm, unsigned long keep)
{
	struct clone *c = vm->clone;
	struct page *page, *origin;
	unsigned long gfn, n = 0;
	unsigned int i;

	xa_for_each(&c->pages, gfn, page) {
		if (n++ >= keep)
			break;
		origin = mvm_template_page(vm->template, gfn);
		if (origin == vm->template->zero)
			clear_page(page_address(page));
		else
			copy_page(page_address(page), page_address(origin));
		if (!(n % DROP_BATCH))
			cond_resched();
	}
	if (page)
		drop(vm, gfn, ULONG_MAX, false);
	for (i = 0; i < vm->nslots; i++)
		mvm_slot_reset_exec(vm, vm->slots[i], vm->template->slots[i]);
	drop_shadows(vm);
}

long mvm_reset(struct mvm_vm *vm, unsigned long keep)
{
	unsigned int i;
	long res;

	if (!vm->clone)
		return -EINVAL;
	mutex_lock(&vm->lock);
	res = mvm_vcpus_lock(vm);
	if (res)
		goto out;
	res = min_t(u64, vm->stats.private_pages, INT_MAX);
	reset_memory(vm, keep);
	/* Of a clone every vCPU has one: mvm_clone_vcpu_init(). */
	for (i = 0; i < vm->nvcpus; i++)
		mvm_vcpu_restore(vm->vcpus[i], mvm_clone_state(vm->vcpus[i]));
	mvm_vcpus_unlock(vm);
out:
	mutex_unlock(&vm->lock);
	return res;
}

/* ---- MVM_ZERO ---- */

/* What the template has there is hidden behind pages of zeros; the clone's others go back. */
static int zero_memory(struct mvm_vm *vm, u64 gfn, u64 last)
{
	unsigned long at;
	struct page *page;

	xa_for_each_range(&vm->template->pages, at, page, gfn, last) {
		struct page *own = mvm_clone_privatize(vm, at, NULL);

		if (IS_ERR(own))
			return PTR_ERR(own);
		clear_page(page_address(own));
		cond_resched();
	}
	drop(vm, gfn, last, true);
	return 0;
}

long mvm_zero(struct mvm_vm *vm, const struct mvm_range *range)
{
	long err = -EINVAL;

	mutex_lock(&vm->lock);
	if (!vm->clone || !mvm_slot_of_range(vm, range->gpa, range->size))
		goto out;
	err = mvm_vcpus_lock(vm);
	if (err)
		goto out;
	err = zero_memory(vm, range->gpa >> PAGE_SHIFT,
			  (range->gpa + range->size - 1) >> PAGE_SHIFT);
	drop_shadows(vm);
	mvm_vcpus_unlock(vm);
out:
	mutex_unlock(&vm->lock);
	return err;
}
