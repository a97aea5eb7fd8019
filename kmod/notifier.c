/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host does with a process's memory, told to its VMs: one mmu notifier a process.
 *
 * It is registered with the process's first VM and stays until the process or the module ends:
 * registering takes every lock of the address space, and who had one VM will have another.  A VM
 * that comes while an invalidation is under way takes over its count, so that the end it will
 * see belongs to a start it knows.
 *
 * Locks: notifiers_lock (the list of all); nt->lock (VMs of one process, invalidations under way)
 * -> vm->mmu_lock.
 */
#include "vcpu.h"

struct notifier {
	struct mmu_notifier mn;		/* of which each VM has a reference */
	struct list_head node;		/* in notifiers, notifiers_lock: the process has one, too */
	spinlock_t lock;
	struct hlist_head vms;
	struct mvm_inval inval;
};

static LIST_HEAD(notifiers);
static DEFINE_SPINLOCK(notifiers_lock);

static struct notifier *notifier_of(struct mmu_notifier *mn)
{
	return container_of(mn, struct notifier, mn);
}

/* mmu_lock held.  Does op to what the VM has of the host's [start, end); whether to anything. */
static bool vm_change(struct mvm_vm *vm, unsigned long start, unsigned long end, enum mvm_op op)
{
	struct mvm_slot *slot;
	bool found = false;

	mvm_for_each_slot(slot, vm) {
		unsigned long first = max(start, slot->hva);
		unsigned long last = min(end, slot->hva + (slot->npages << PAGE_SHIFT));

		if (first < last)
			found |= vm->mmu->change(vm, slot->gfn + PFN_DOWN(first - slot->hva),
						 slot->gfn + PFN_UP(last - slot->hva), op);
	}
	if (found && op != MVM_TEST)
		mvm_flush_vm(vm);
	return found;
}

/*
 * The same for all VMs of the process, which are told what is under way.  A zap raises their
 * sequence numbers, also one of nothing.  begun: 1, an invalidation begins with it; -1, one ends.
 */
static bool change(struct mmu_notifier *mn, unsigned long start, unsigned long end,
		   enum mvm_op op, int begun)
{
	struct notifier *nt = notifier_of(mn);
	struct mvm_inval *inval = &nt->inval;
	struct mvm_vm *vm;
	bool found = false;

	spin_lock(&nt->lock);
	if (begun > 0) {
		inval->start = inval->count ? min(inval->start, start) : start;
		inval->end = inval->count ? max(inval->end, end) : end;
	}
	inval->count += begun;
	hlist_for_each_entry(vm, &nt->vms, mm_node) {
		spin_lock(&vm->mmu_lock);
		vm->inval = *inval;
		if (op == MVM_ZAP)
			vm->mmu_seq++;
		found |= vm_change(vm, start, end, op);
		spin_unlock(&vm->mmu_lock);
	}
	spin_unlock(&nt->lock);
	return found;
}

static int invalidate_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	change(mn, range->start, range->end, MVM_ZAP, 1);
	return 0;
}

/* What was looked at until now is old. */
static void invalidate_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	change(mn, 0, 0, MVM_ZAP, -1);
}

static int clear_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	return change(mn, start, end, MVM_AGE, 0);
}

static int test_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address)
{
	return change(mn, address, address + PAGE_SIZE, MVM_TEST, 0);
}

/* notifiers_lock held.  Gives the process's reference back, once: at its end or at the module's. */
static void forget(struct notifier *nt)
{
	if (list_empty(&nt->node))
		return;
	list_del_init(&nt->node);
	mmu_notifier_put(&nt->mn);
}

/*
 * The address space ends.  Nothing of it is mapped for a guest afterwards, and no vCPU of it runs:
 * a vCPU runs only in its own process, which has no thread left.
 */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	change(mn, 0, ULONG_MAX, MVM_ZAP, 0);
	spin_lock(&notifiers_lock);
	forget(notifier_of(mn));
	spin_unlock(&notifiers_lock);
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
	.clear_flush_young = clear_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.alloc_notifier = notifier_alloc,
	.free_notifier = notifier_free,
};

int mvm_notifier_attach(struct mvm_vm *vm)
{
	struct mmu_notifier *mn = mmu_notifier_get(&notifier_ops, vm->mm);
	struct notifier *nt = notifier_of(mn);
	bool first;

	if (IS_ERR(mn))
		return PTR_ERR(mn);
	spin_lock(&notifiers_lock);
	first = list_empty(&nt->node);
	if (first)
		list_add(&nt->node, &notifiers);
	spin_unlock(&notifiers_lock);
	if (first)
		mmu_notifier_get(&notifier_ops, vm->mm);

	spin_lock(&nt->lock);
	vm->notifier = nt;
	vm->inval = nt->inval;
	hlist_add_head(&vm->mm_node, &nt->vms);
	spin_unlock(&nt->lock);
	return 0;
}

void mvm_notifier_detach(struct mvm_vm *vm)
{
	struct notifier *nt = vm->notifier;

	spin_lock(&nt->lock);
	hlist_del(&vm->mm_node);
	spin_unlock(&nt->lock);
	mmu_notifier_put(&nt->mn);
}

void mvm_notifier_exit(void)
{
	struct notifier *nt, *next;

	spin_lock(&notifiers_lock);
	list_for_each_entry_safe(nt, next, &notifiers, node)
		forget(nt);
	spin_unlock(&notifiers_lock);
	mmu_notifier_synchronize();
}
