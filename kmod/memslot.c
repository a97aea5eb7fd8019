/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memslots: which guest frames are which host memory, with what flags, which were written, and
 * which may be executed.  How a frame becomes a host frame is map.c; the tables are the engines'.
 *
 * A slot is published under vm->lock and mmu_lock both, so it stays as it is for whoever holds
 * either.  What takes something away zaps and flushes before it returns.
 */
#include "vmx.h"

#define SLOT_PAGES_MAX	((1UL << 31) - 1)	/* as KVM's: a dirty bit's number fits an int */

void mvm_zap(struct mvm_vm *vm, u64 gfn, u64 npages)
{
	vm->mmu_seq++;
	if (vm->mmu->change(vm, gfn, gfn + npages, MVM_ZAP))
		mvm_flush_vm(vm);
}

/* ---- Finding slots ---- */

static int slot_cmp(const void *key, const struct rb_node *node)
{
	const struct mvm_slot *slot = rb_entry(node, struct mvm_slot, node);
	u64 gfn = *(const u64 *)key;

	if (gfn < slot->gfn)
		return -1;
	return gfn - slot->gfn >= slot->npages;
}

static bool slot_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mvm_slot, node)->gfn < rb_entry(b, struct mvm_slot, node)->gfn;
}

struct mvm_slot *mvm_slot_find(struct mvm_vm *vm, u64 gfn)
{
	return rb_entry_safe(rb_find(&gfn, &vm->slots, slot_cmp), struct mvm_slot, node);
}

struct mvm_slot *mvm_slot_of_range(struct mvm_vm *vm, u64 gpa, u64 size)
{
	u64 gfn = gpa >> PAGE_SHIFT;
	struct mvm_slot *slot = mvm_slot_find(vm, gfn);

	if (((gpa | size) & ~PAGE_MASK) || !size || !slot ||
	    size >> PAGE_SHIFT > slot->npages - (gfn - slot->gfn))
		return NULL;
	return slot;
}

static struct mvm_slot *slot_by_id(struct mvm_vm *vm, u32 id)
{
	struct mvm_slot *slot;

	mvm_for_each_slot(slot, vm) {
		if (slot->id == id)
			return slot;
	}
	return NULL;
}

static bool overlaps_another(struct mvm_vm *vm, const struct mvm_slot *like)
{
	struct mvm_slot *slot;

	mvm_for_each_slot(slot, vm) {
		if (slot->id != like->id && like->gfn < slot->gfn + slot->npages &&
		    slot->gfn < like->gfn + like->npages)
			return true;
	}
	return false;
}

/* ---- Making and unmaking them ---- */

static size_t bitmap_bytes(u64 npages)
{
	return BITS_TO_LONGS(npages) * sizeof(long);
}

/* Two bitmaps, one behind the other. */
static unsigned long *bitmaps_alloc(u64 npages)
{
	return kvzalloc(2 * bitmap_bytes(npages), GFP_KERNEL_ACCOUNT);
}

static struct mvm_slot *slot_new(const struct mvm_slot *like)
{
	struct mvm_slot *slot = kmemdup(like, sizeof(*like), GFP_KERNEL_ACCOUNT);

	if (slot)
		mvm_live_inc();
	return slot;
}

static void slot_free(struct mvm_slot *slot)
{
	kvfree(slot->dirty);
	if (!slot->borrowed)
		kvfree(slot->nx);
	kfree(slot);
	mvm_live_dec();
}

void mvm_slots_destroy(struct mvm_vm *vm)
{
	struct mvm_slot *slot, *next;

	rbtree_postorder_for_each_entry_safe(slot, next, &vm->slots, node)
		slot_free(slot);
}

/* new gets what old, where there is one, knows of its frames; old is freed.  new may be NULL. */
static void slot_replace(struct mvm_vm *vm, struct mvm_slot *old, struct mvm_slot *new)
{
	spin_lock(&vm->mmu_lock);
	if (old) {
		rb_erase(&old->node, &vm->slots);
		mvm_zap(vm, old->gfn, old->npages);
	}
	if (old && new) {
		swap(new->nx, old->nx);
		swap(new->rx, old->rx);
		if ((new->flags & KVM_MEM_LOG_DIRTY_PAGES) && old->dirty)
			swap(new->dirty, old->dirty);
	}
	if (new)
		rb_add(&new->node, &vm->slots, slot_less);
	spin_unlock(&vm->mmu_lock);
	if (old)
		slot_free(old);
}

/* ---- KVM_SET_USER_MEMORY_REGION ---- */

static bool region_valid(const struct kvm_userspace_memory_region *mem)
{
	return mem->slot < MVM_MAX_SLOTS &&
	       !(mem->flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) &&
	       PAGE_ALIGNED(mem->memory_size | mem->guest_phys_addr | mem->userspace_addr) &&
	       access_ok((void __user *)(unsigned long)mem->userspace_addr, mem->memory_size) &&
	       mem->guest_phys_addr + mem->memory_size >= mem->guest_phys_addr &&
	       mem->memory_size >> PAGE_SHIFT <= SLOT_PAGES_MAX;
}

/* A new slot, or another place or other flags for old. */
static int change_slot(struct mvm_vm *vm, struct mvm_slot *old, const struct mvm_slot *like)
{
	/* What the second stage, or a shadowed page table, can name. */
	unsigned int gfn_bits = min(boot_cpu_data.x86_phys_bits - PAGE_SHIFT, MVM_GFN_BITS);
	struct mvm_slot *new;

	if (old && (like->hva != old->hva || like->npages != old->npages ||
		    ((like->flags ^ old->flags) & KVM_MEM_READONLY)))
		return -EINVAL;
	if (old && like->gfn == old->gfn && like->flags == old->flags)
		return 0;
	if (overlaps_another(vm, like))
		return -EEXIST;
	if ((like->gfn + like->npages - 1) >> gfn_bits)
		return -EINVAL;
	new = slot_new(like);
	if (!new)
		return -ENOMEM;
	if ((new->flags & KVM_MEM_LOG_DIRTY_PAGES) && !(old && old->dirty)) {
		new->dirty = bitmaps_alloc(new->npages);
		if (!new->dirty) {
			slot_free(new);
			return -ENOMEM;
		}
	}
	slot_replace(vm, old, new);
	return 0;
}

int mvm_slot_set(struct mvm_vm *vm, const struct kvm_userspace_memory_region *mem)
{
	const struct mvm_slot like = {
		.gfn = mem->guest_phys_addr >> PAGE_SHIFT,
		.npages = mem->memory_size >> PAGE_SHIFT,
		.hva = mem->userspace_addr,
		.id = mem->slot,
		.flags = mem->flags,
	};
	struct mvm_slot *old = slot_by_id(vm, like.id);

	if (!region_valid(mem))
		return -EINVAL;
	/* A template's memory is as it was frozen, and so are its clones' slots. */
	if (vm->frozen || vm->template)
		return -EPERM;
	if (like.npages)
		return change_slot(vm, old, &like);
	if (!old)
		return -EINVAL;
	slot_replace(vm, old, NULL);
	return 0;
}

/* ---- KVM_GET_DIRTY_LOG ---- */

/*
 * Moves the dirty bits to the bitmap behind, and takes the write permission from what they name, so
 * that the next write is seen again.
 */
static unsigned long *collect_dirty(struct mvm_vm *vm, struct mvm_slot *slot)
{
	unsigned long *out = slot->dirty + BITS_TO_LONGS(slot->npages);
	unsigned int first, end;
	bool flush = false;

	spin_lock(&vm->mmu_lock);
	bitmap_copy(out, slot->dirty, slot->npages);
	bitmap_zero(slot->dirty, slot->npages);
	/* By words: each change may be a flush, and a frame's next write may be seen once more. */
	for (first = 0; first < slot->npages; first = end) {
		end = min_t(u64, first + BITS_PER_LONG, slot->npages);
		if (out[first / BITS_PER_LONG])
			flush |= vm->mmu->change(vm, slot->gfn + first, slot->gfn + end,
						 MVM_PROTECT);
	}
	if (flush)
		mvm_flush_vm(vm);
	spin_unlock(&vm->mmu_lock);
	return out;
}

int mvm_slot_get_dirty_log(struct mvm_vm *vm, struct kvm_dirty_log *log)
{
	struct mvm_slot *slot = slot_by_id(vm, log->slot);

	if (log->slot >= MVM_MAX_SLOTS)
		return -EINVAL;
	if (!slot || !slot->dirty)
		return -ENOENT;
	return copy_to_user(log->dirty_bitmap, collect_dirty(vm, slot),
			    bitmap_bytes(slot->npages)) ? -EFAULT : 0;
}

/* ---- What may be executed ---- */

/* The slot's bitmaps if it has them for itself, or a copy; NULL: no memory. */
static unsigned long *exec_own(const struct mvm_slot *slot)
{
	unsigned long *nx;

	if (slot->nx && !slot->borrowed)
		return slot->nx;
	nx = bitmaps_alloc(slot->npages);
	if (nx && slot->nx)
		memcpy(nx, slot->nx, 2 * bitmap_bytes(slot->npages));
	return nx;
}

int mvm_slot_set_exec(struct mvm_vm *vm, const struct mvm_exec *exec)
{
	struct mvm_slot *slot = mvm_slot_of_range(vm, exec->gpa, exec->size);
	u64 gfn = exec->gpa >> PAGE_SHIFT, npages = exec->size >> PAGE_SHIFT;
	unsigned long *nx;

	if (mvm_check_extension(MVM_CAP_MEM_EXEC) <= 0)
		return -ENOTTY;
	if (!slot || exec->pad || exec->mode > MVM_EXEC_RWX)
		return -EINVAL;
	if (vm->frozen)
		return -EPERM;
	nx = exec_own(slot);
	if (!nx)
		return -ENOMEM;
	spin_lock(&vm->mmu_lock);
	slot->nx = nx;
	slot->rx = nx + BITS_TO_LONGS(slot->npages);
	slot->borrowed = false;
	(exec->mode == MVM_EXEC_NX ? bitmap_set : bitmap_clear)(slot->nx, gfn - slot->gfn, npages);
	(exec->mode == MVM_EXEC_RX ? bitmap_set : bitmap_clear)(slot->rx, gfn - slot->gfn, npages);
	mvm_zap(vm, gfn, npages);
	spin_unlock(&vm->mmu_lock);
	return 0;
}

/* ---- Clones ---- */

int mvm_slots_clone(struct mvm_vm *vm)
{
	struct mvm_slot *from, *slot;

	mvm_for_each_slot(from, vm->template) {
		slot = slot_new(from);
		if (!slot)
			return -ENOMEM;
		slot->hva = 0;
		slot->dirty = NULL;
		slot->borrowed = true;
		rb_add(&slot->node, &vm->slots, slot_less);
	}
	return 0;
}

void mvm_slots_reset_exec(struct mvm_vm *vm)
{
	struct mvm_slot *slot, *from;
	unsigned long *nx;

	mvm_for_each_slot(slot, vm) {
		if (slot->borrowed)
			continue;
		from = mvm_slot_find(vm->template, slot->gfn);
		nx = slot->nx;
		spin_lock(&vm->mmu_lock);
		slot->nx = from->nx;
		slot->rx = from->rx;
		slot->borrowed = true;
		mvm_zap(vm, slot->gfn, slot->npages);
		spin_unlock(&vm->mmu_lock);
		kvfree(nx);
	}
}
