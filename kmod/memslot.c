/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memslots: which guest frames are which host memory, with what flags, which were written, and
 * which may be executed.  How a frame becomes a host frame is map.c; the tables are the engines'.
 *
 * A slot is published under vm->lock and mmu_lock both, so it stays as it is for whoever holds
 * either.  What takes something away zaps and flushes before it returns.
 */
#include "vmx.h"

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

	return gfn < slot->gfn ? -1 : gfn - slot->gfn >= slot->npages;
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

	return slot && size && PAGE_ALIGNED(gpa | size) &&
	       size >> PAGE_SHIFT <= slot->npages - (gfn - slot->gfn) ? slot : NULL;
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

/* ---- Making and unmaking them ---- */

/* Of one; a slot's are two and two, one behind the other. */
static size_t bitmap_bytes(u64 npages)
{
	return BITS_TO_LONGS(npages) * sizeof(long);
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

/* A new slot, or another place or other flags for old. */
static int change_slot(struct mvm_vm *vm, struct mvm_slot *old, const struct mvm_slot *like)
{
	/* What the second stage, or a shadowed page table, can name. */
	unsigned int gfn_bits = min(boot_cpu_data.x86_phys_bits - PAGE_SHIFT, MVM_GFN_BITS);
	struct mvm_slot *new, *slot;

	if (old && (like->hva != old->hva || like->npages != old->npages ||
		    ((like->flags ^ old->flags) & KVM_MEM_READONLY)))
		return -EINVAL;
	if (old && like->gfn == old->gfn && like->flags == old->flags)
		return 0;
	mvm_for_each_slot(slot, vm) {
		if (slot != old && like->gfn < slot->gfn + slot->npages &&
		    slot->gfn < like->gfn + like->npages)
			return -EEXIST;
	}
	if ((like->gfn + like->npages - 1) >> gfn_bits)
		return -EINVAL;
	new = kmemdup(like, sizeof(*like), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	mvm_live_inc();
	if ((new->flags & KVM_MEM_LOG_DIRTY_PAGES) && !(old && old->dirty)) {
		new->dirty = kvcalloc(2, bitmap_bytes(new->npages), GFP_KERNEL_ACCOUNT);
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

	/* As many pages as KVM's: a dirty bit's number fits an int. */
	if (mem->slot >= MVM_MAX_SLOTS ||
	    (mem->flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) ||
	    !PAGE_ALIGNED(mem->memory_size | mem->guest_phys_addr | mem->userspace_addr) ||
	    !access_ok((void __user *)(unsigned long)mem->userspace_addr, mem->memory_size) ||
	    mem->guest_phys_addr + mem->memory_size < mem->guest_phys_addr || like.npages > INT_MAX)
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

int mvm_slot_get_dirty_log(struct mvm_vm *vm, struct kvm_dirty_log *log)
{
	struct mvm_slot *slot = slot_by_id(vm, log->slot);
	unsigned int first, end;
	unsigned long *out;
	bool flush = false;

	if (log->slot >= MVM_MAX_SLOTS)
		return -EINVAL;
	if (!slot || !slot->dirty)
		return -ENOENT;
	/*
	 * Moves the dirty bits to the bitmap behind, and takes the write permission from what they
	 * name, so that the next write is seen again.
	 */
	out = slot->dirty + BITS_TO_LONGS(slot->npages);
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
	return copy_to_user(log->dirty_bitmap, out, bitmap_bytes(slot->npages)) ? -EFAULT : 0;
}

/* ---- What may be executed ---- */

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
	nx = slot->nx;
	if (!nx || slot->borrowed) {
		nx = kvcalloc(2, bitmap_bytes(slot->npages), GFP_KERNEL_ACCOUNT);
		if (!nx)
			return -ENOMEM;
		if (slot->nx)
			memcpy(nx, slot->nx, 2 * bitmap_bytes(slot->npages));
	}
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
		slot = kmemdup(from, sizeof(*from), GFP_KERNEL_ACCOUNT);
		if (!slot)
			return -ENOMEM;
		mvm_live_inc();
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
