/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host does with a process's memory, told to its VMs: one mmu notifier a process.
 *
 * It is registered with the process's first VM and stays until the process or the module ends:
 * registering takes every lock of the address space, and who had one VM will have another.  A VM
 * that comes while an invalidation is under way takes over its count, so that the end it will
 * see belongs to a start it knows.
 *
 * Locks: mmap_lock (attach) -> notifiers_lock (the list of all) ; nt->lock (VMs of one process,
 * invalidations under way) -> vm->mmu_lock.
 */
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "core.h"

struct notifier {
	struct mmu_notifier mn;
	struct list_head node;		/* in notifiers, notifiers_lock; empty: put already */
	spinlock_t lock;
	struct hlist_head vms;
	bool released;			/* the address space is being torn down */
	unsigned int invalidating;
	unsigned long start, end;	/* one range that covers those under way */
};

static LIST_HEAD(notifiers);
static DEFINE_SPINLOCK(notifiers_lock);

static struct notifier *notifier_of(struct mmu_notifier *mn)
{
	return container_of(mn, struct notifier, mn);
}

/* The frames of slot that lie in host range [start, end); false: none. */
static bool slot_range(const struct mvm_slot *slot, unsigned long start, unsigned long end,
		       u64 *gfn, u64 *gfn_end)
{
	unsigned long hva_end = slot->hva + (slot->npages << PAGE_SHIFT);

	start = max(start, slot->hva);
	end = min(end, hva_end);
	if (start >= end)
		return false;
	*gfn = slot->gfn + ((start - slot->hva) >> PAGE_SHIFT);
	*gfn_end = slot->gfn + ((end - 1 - slot->hva) >> PAGE_SHIFT) + 1;
	return true;
}

/* mmu_lock held. */
static void vm_zap_hva(struct mvm_vm *vm, unsigned long start, unsigned long end)
{
	bool flush = false;
	unsigned int i;
	u64 gfn, gfn_end;

	for (i = 0; i < vm->nslots; i++) {
		if (slot_range(vm->slots[i], start, end, &gfn, &gfn_end))
			flush |= vm->mmu->zap(vm, gfn, gfn_end);
	}
	if (flush)
		mvm_flush_vm(vm);
}

static int invalidate_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct notifier *nt = notifier_of(mn);
	struct mvm_vm *vm;

	spin_lock(&nt->lock);
	if (nt->invalidating++) {
		nt->start = min(nt->start, range->start);
		nt->end = max(nt->end, range->end);
	} else {
		nt->start = range->start;
		nt->end = range->end;
	}
	hlist_for_each_entry(vm, &nt->vms, mm_node) {
		spin_lock(&vm->mmu_lock);
		vm->mmu_invalidating = nt->invalidating;
		vm->inval_start = nt->start;
		vm->inval_end = nt->end;
		vm_zap_hva(vm, range->start, range->end);
		spin_unlock(&vm->mmu_lock);
	}
	spin_unlock(&nt->lock);
	return 0;
}

static void invalidate_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct notifier *nt = notifier_of(mn);
	struct mvm_vm *vm;

	spin_lock(&nt->lock);
	nt->invalidating--;
	hlist_for_each_entry(vm, &nt->vms, mm_node) {
		spin_lock(&vm->mmu_lock);
		vm->mmu_seq++;
		vm->mmu_invalidating = nt->invalidating;
		spin_unlock(&vm->mmu_lock);
	}
	spin_unlock(&nt->lock);
}

static int age(struct mmu_notifier *mn, unsigned long start, unsigned long end, bool test_only,
	       bool flush)
{
	struct notifier *nt = notifier_of(mn);
	struct mvm_vm *vm;
	bool young = false;

	spin_lock(&nt->lock);
	hlist_for_each_entry(vm, &nt->vms, mm_node) {
		bool vm_young = false;
		unsigned int i;
		u64 gfn, gfn_end;

		spin_lock(&vm->mmu_lock);
		for (i = 0; i < vm->nslots; i++) {
			if (slot_range(vm->slots[i], start, end, &gfn, &gfn_end))
				vm_young |= vm->mmu->age(vm, gfn, gfn_end, test_only);
		}
		if (vm_young && flush)
			mvm_flush_vm(vm);
		spin_unlock(&vm->mmu_lock);
		young |= vm_young;
	}
	spin_unlock(&nt->lock);
	return young;
}

static int clear_flush_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
			     unsigned long end)
{
	return age(mn, start, end, false, true);
}

/* Without a flush: a processor that still has the translation is a little too young, no more. */
static int clear_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	return age(mn, start, end, false, false);
}

static int test_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address)
{
	return age(mn, address, address + PAGE_SIZE, true, false);
}

/* Gives the registration back, once, whoever comes first: the process's end or the module's. */
static void notifier_put(struct notifier *nt)
{
	bool mine;

	spin_lock(&notifiers_lock);
	mine = !list_empty(&nt->node);
	list_del_init(&nt->node);
	spin_unlock(&notifiers_lock);
	if (mine)
		mmu_notifier_put(&nt->mn);
}

/*
 * The address space ends.  Nothing of it is mapped for a guest afterwards, and no vCPU of it runs:
 * a vCPU runs only in its own process, which has no thread left.
 */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct notifier *nt = notifier_of(mn);
	struct mvm_vm *vm;
	bool empty;

	spin_lock(&nt->lock);
	nt->released = true;
	hlist_for_each_entry(vm, &nt->vms, mm_node) {
		spin_lock(&vm->mmu_lock);
		vm->mmu_seq++;
		vm_zap_hva(vm, 0, ULONG_MAX);
		spin_unlock(&vm->mmu_lock);
	}
	empty = hlist_empty(&nt->vms);
	spin_unlock(&nt->lock);
	if (empty)
		notifier_put(nt);
}

static struct mmu_notifier *notifier_alloc(struct mm_struct *mm)
{
	struct notifier *nt = kzalloc(sizeof(*nt), GFP_KERNEL_ACCOUNT);

	if (!nt)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&nt->lock);
	INIT_LIST_HEAD(&nt->node);
	mvm_live_inc();
	return &nt->mn;
}

static void notifier_free(struct mmu_notifier *mn)
{
	kfree(notifier_of(mn));
	mvm_live_dec();
}

static const struct mmu_notifier_ops notifier_ops = {
	.release = release,
	.invalidate_range_start = invalidate_start,
	.invalidate_range_end = invalidate_end,
	.clear_flush_young = clear_flush_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.alloc_notifier = notifier_alloc,
	.free_notifier = notifier_free,
};

int mvm_notifier_attach(struct mvm_vm *vm)
{
	struct mmu_notifier *mn;
	struct notifier *nt;
	bool kept;

	if (mmap_write_lock_killable(vm->mm))
		return -EINTR;
	mn = mmu_notifier_get_locked(&notifier_ops, vm->mm);
	if (IS_ERR(mn)) {
		mmap_write_unlock(vm->mm);
		return PTR_ERR(mn);
	}
	nt = notifier_of(mn);
	spin_lock(&notifiers_lock);
	kept = !list_empty(&nt->node);
	if (!kept)
		list_add(&nt->node, &notifiers);
	spin_unlock(&notifiers_lock);
	/* One reference stands for all of the process's VMs. */
	if (kept)
		mmu_notifier_put(mn);
	mmap_write_unlock(vm->mm);

	spin_lock(&nt->lock);
	vm->notifier = nt;
	vm->mmu_invalidating = nt->invalidating;
	vm->inval_start = nt->start;
	vm->inval_end = nt->end;
	hlist_add_head(&vm->mm_node, &nt->vms);
	spin_unlock(&nt->lock);
	return 0;
}

void mvm_notifier_detach(struct mvm_vm *vm)
{
	struct notifier *nt = vm->notifier;
	bool last;

	spin_lock(&nt->lock);
	hlist_del(&vm->mm_node);
	last = nt->released && hlist_empty(&nt->vms);
	spin_unlock(&nt->lock);
	if (last)
		notifier_put(nt);
}

void mvm_notifier_exit(void)
{
	struct notifier *nt;

	spin_lock(&notifiers_lock);
	while ((nt = list_first_entry_or_null(&notifiers, struct notifier, node))) {
		list_del_init(&nt->node);
		spin_unlock(&notifiers_lock);
		mmu_notifier_put(&nt->mn);
		spin_lock(&notifiers_lock);
	}
	spin_unlock(&notifiers_lock);
	mmu_notifier_synchronize();
}
