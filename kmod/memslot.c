/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memslots: which guest frames are which host memory, with what flags, which were written, and
 * which may be executed.  How a frame becomes a host frame is map.c; the tables are the engines'.
 *
 * A slot is published under vm->lock and mmu_lock both, so it stays as it is for whoever holds
 * either.  A change that takes something away zaps and flushes before it returns.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"
#include "vmx.h"

#define SLOT_PAGES_MAX	((1UL << 31) - 1)	/* as KVM's: a dirty bit's number fits an int */

struct mvm_slot *mvm_slot_find(struct mvm_vm *vm, u64 gfn)
{
	unsigned int lo = 0, hi = vm->nslots;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		struct mvm_slot *slot = vm->slots[mid];

		if (gfn < slot->gfn)
			hi = mid;
		else if (gfn - slot->gfn >= slot->npages)
			lo = mid + 1;
		else
			return slot;
	}
	return NULL;
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

void mvm_slot_mark_dirty(struct mvm_slot *slot, u64 gfn)
{
	if (slot->dirty)
		set_bit(gfn - slot->gfn, slot->dirty);
}

static struct mvm_slot *slot_by_id(struct mvm_vm *vm, u32 id, unsigned int *pos)
{
	unsigned int i;

	for (i = 0; i < vm->nslots; i++) {
		if (vm->slots[i]->id == id) {
			*pos = i;
			return vm->slots[i];
		}
	}
	return NULL;
}

static bool slot_overlaps(struct mvm_vm *vm, u32 id, u64 gfn, u64 npages)
{
	unsigned int i;

	for (i = 0; i < vm->nslots; i++) {
		const struct mvm_slot *s = vm->slots[i];

		if (s->id != id && gfn < s->gfn + s->npages && s->gfn < gfn + npages)
			return true;
	}
	return false;
}

static size_t bitmap_bytes(u64 npages)
{
	return BITS_TO_LONGS(npages) * sizeof(long);
}

/* The second half is where KVM_GET_DIRTY_LOG collects what it hands out. */
static unsigned long *dirty_alloc(u64 npages)
{
	return kvzalloc(2 * bitmap_bytes(npages), GFP_KERNEL_ACCOUNT);
}

static void slot_free(struct mvm_slot *slot)
{
	kvfree(slot->dirty);
	if (!slot->borrowed) {
		kvfree(slot->nx);
		kvfree(slot->rx);
	}
	kfree(slot);
	mvm_live_dec();
}

void mvm_zap(struct mvm_vm *vm, u64 gfn, u64 npages)
{
	vm->mmu_seq++;
	if (vm->mmu->zap(vm, gfn, gfn + npages))
		mvm_flush_vm(vm);
}

static void array_insert(struct mvm_vm *vm, struct mvm_slot *slot)
{
	unsigned int i = vm->nslots++;

	for (; i > 0 && vm->slots[i - 1]->gfn > slot->gfn; i--)
		vm->slots[i] = vm->slots[i - 1];
	vm->slots[i] = slot;
}

static void array_remove(struct mvm_vm *vm, unsigned int pos)
{
	vm->nslots--;
	memmove(&vm->slots[pos], &vm->slots[pos + 1], (vm->nslots - pos) * sizeof(*vm->slots));
}

/* Room for one more pointer.  The old array is freed when nobody can be reading it. */
static int array_reserve(struct mvm_vm *vm)
{
	unsigned int max = vm->slots_max ? 2 * vm->slots_max : 8;
	struct mvm_slot **slots, **old = vm->slots;

	if (vm->nslots < vm->slots_max)
		return 0;
	slots = kmalloc_array(max, sizeof(*slots), GFP_KERNEL_ACCOUNT);
	if (!slots)
		return -ENOMEM;
	spin_lock(&vm->mmu_lock);
	if (vm->nslots)
		memcpy(slots, old, vm->nslots * sizeof(*slots));
	vm->slots = slots;
	vm->slots_max = max;
	spin_unlock(&vm->mmu_lock);
	kfree(old);
	return 0;
}

static int slot_create(struct mvm_vm *vm, const struct kvm_userspace_memory_region *mem)
{
	struct mvm_slot *slot;
	int err;

	err = array_reserve(vm);
	if (err)
		return err;
	slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot)
		return -ENOMEM;
	slot->id = mem->slot;
	slot->gfn = mem->guest_phys_addr >> PAGE_SHIFT;
	slot->npages = mem->memory_size >> PAGE_SHIFT;
	slot->hva = mem->userspace_addr;
	slot->flags = mem->flags;
	if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		slot->dirty = dirty_alloc(slot->npages);
		if (!slot->dirty) {
			kfree(slot);
			return -ENOMEM;
		}
	}
	mvm_live_inc();
	spin_lock(&vm->mmu_lock);
	array_insert(vm, slot);
	vm->mmu_seq++;
	spin_unlock(&vm->mmu_lock);
	return 0;
}

static void slot_delete(struct mvm_vm *vm, unsigned int pos)
{
	struct mvm_slot *slot = vm->slots[pos];

	spin_lock(&vm->mmu_lock);
	array_remove(vm, pos);
	mvm_zap(vm, slot->gfn, slot->npages);
	spin_unlock(&vm->mmu_lock);
	slot_free(slot);
}

/* New place, new flags, or both. */
static int slot_change(struct mvm_vm *vm, unsigned int pos, u64 gfn, u32 flags)
{
	struct mvm_slot *slot = vm->slots[pos];
	unsigned long *dirty = NULL, *drop = NULL;
	bool log = flags & KVM_MEM_LOG_DIRTY_PAGES;

	if (log && !slot->dirty) {
		dirty = dirty_alloc(slot->npages);
		if (!dirty)
			return -ENOMEM;
	}
	spin_lock(&vm->mmu_lock);
	if (dirty) {
		slot->dirty = dirty;
	} else if (!log) {
		drop = slot->dirty;
		slot->dirty = NULL;
	}
	slot->flags = flags;
	if (gfn != slot->gfn) {
		mvm_zap(vm, slot->gfn, slot->npages);
		array_remove(vm, pos);
		slot->gfn = gfn;
		array_insert(vm, slot);
	} else {
		vm->mmu_seq++;
		if (dirty && vm->mmu->protect(vm, gfn, gfn + slot->npages))
			mvm_flush_vm(vm);
	}
	spin_unlock(&vm->mmu_lock);
	kvfree(drop);
	return 0;
}

/* The guest-physical addresses that the second stage, or a shadowed page table, can name. */
static u64 max_gfn(const struct mvm_vm *vm)
{
	return (1ULL << min_t(unsigned int, boot_cpu_data.x86_phys_bits - PAGE_SHIFT,
			      MVM_GFN_BITS)) - 1;
}

static int check_region(const struct kvm_userspace_memory_region *mem)
{
	if (mem->slot >= MVM_MAX_SLOTS)
		return -EINVAL;
	if (mem->flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY))
		return -EINVAL;
	if ((mem->memory_size | mem->guest_phys_addr | mem->userspace_addr) & ~PAGE_MASK)
		return -EINVAL;
	if (!access_ok((void __user *)(unsigned long)mem->userspace_addr, mem->memory_size))
		return -EINVAL;
	if (mem->guest_phys_addr + mem->memory_size < mem->guest_phys_addr)
		return -EINVAL;
	if (mem->memory_size >> PAGE_SHIFT > SLOT_PAGES_MAX)
		return -EINVAL;
	return 0;
}

static int slot_set(struct mvm_vm *vm, const struct kvm_userspace_memory_region *mem)
{
	u64 gfn = mem->guest_phys_addr >> PAGE_SHIFT;
	u64 npages = mem->memory_size >> PAGE_SHIFT;
	unsigned int pos;
	struct mvm_slot *old = slot_by_id(vm, mem->slot, &pos);

	if (!npages) {
		if (!old)
			return -EINVAL;
		slot_delete(vm, pos);
		return 0;
	}
	if (old) {
		if (mem->userspace_addr != old->hva || npages != old->npages ||
		    ((mem->flags ^ old->flags) & KVM_MEM_READONLY))
			return -EINVAL;
		if (gfn == old->gfn && mem->flags == old->flags)
			return 0;
	}
	if ((!old || gfn != old->gfn)) {
		if (slot_overlaps(vm, mem->slot, gfn, npages))
			return -EEXIST;
		if (gfn + npages - 1 > max_gfn(vm))
			return -EINVAL;
	}
	return old ? slot_change(vm, pos, gfn, mem->flags) : slot_create(vm, mem);
}

int mvm_slot_set(struct mvm_vm *vm, const struct kvm_userspace_memory_region *mem)
{
	int err = check_region(mem);

	if (err)
		return err;
	mutex_lock(&vm->lock);
	/* A template's memory is as it was frozen, and so are its clones' slots. */
	err = vm->frozen || vm->template ? -EPERM : slot_set(vm, mem);
	mutex_unlock(&vm->lock);
	return err;
}

/*
 * mmu_lock held.  Moves the dirty bits to the second half of the bitmap, and takes the write
 * permission from what they name, so that the next write is seen again.
 */
static bool collect_dirty(struct mvm_vm *vm, struct mvm_slot *slot, unsigned long *out)
{
	size_t i, n = BITS_TO_LONGS(slot->npages);
	bool flush = false;

	for (i = 0; i < n; i++) {
		u64 gfn = slot->gfn + i * BITS_PER_LONG;

		out[i] = 0;
		if (!slot->dirty[i])
			continue;
		out[i] = xchg(&slot->dirty[i], 0);
		flush |= vm->mmu->protect(vm, gfn + __ffs(out[i]), gfn + __fls(out[i]) + 1);
	}
	return flush;
}

int mvm_slot_get_dirty_log(struct mvm_vm *vm, struct kvm_dirty_log *log)
{
	struct mvm_slot *slot;
	unsigned long *out;
	unsigned int pos;
	int err = 0;

	if (log->slot >= MVM_MAX_SLOTS)
		return -EINVAL;
	mutex_lock(&vm->lock);
	slot = slot_by_id(vm, log->slot, &pos);
	if (!slot || !slot->dirty) {
		err = -ENOENT;
		goto out;
	}
	out = slot->dirty + BITS_TO_LONGS(slot->npages);
	spin_lock(&vm->mmu_lock);
	if (collect_dirty(vm, slot, out))
		mvm_flush_vm(vm);
	spin_unlock(&vm->mmu_lock);
	if (copy_to_user(log->dirty_bitmap, out, bitmap_bytes(slot->npages)))
		err = -EFAULT;
out:
	mutex_unlock(&vm->lock);
	return err;
}

/* ---- What may be executed ---- */

/* vm->lock held.  Both bitmaps, which come and go together, are there and are the slot's own. */
static int exec_bitmaps(struct mvm_vm *vm, struct mvm_slot *slot)
{
	size_t bytes = bitmap_bytes(slot->npages);
	unsigned long *nx, *rx;

	if (slot->nx && !slot->borrowed)
		return 0;
	nx = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	rx = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!nx || !rx) {
		kvfree(nx);
		kvfree(rx);
		return -ENOMEM;
	}
	if (slot->nx) {
		memcpy(nx, slot->nx, bytes);
		memcpy(rx, slot->rx, bytes);
	}
	spin_lock(&vm->mmu_lock);
	slot->nx = nx;
	slot->rx = rx;
	slot->borrowed = false;
	spin_unlock(&vm->mmu_lock);
	return 0;
}

int mvm_slot_set_exec(struct mvm_vm *vm, const struct mvm_exec *exec)
{
	u64 gfn = exec->gpa >> PAGE_SHIFT, npages = exec->size >> PAGE_SHIFT;
	struct mvm_slot *slot;
	int err;

	if (mvm_check_extension(MVM_CAP_MEM_EXEC) <= 0)
		return -ENOTTY;
	mutex_lock(&vm->lock);
	slot = mvm_slot_of_range(vm, exec->gpa, exec->size);
	err = -EINVAL;
	if (!slot || exec->pad || exec->mode > MVM_EXEC_RWX)
		goto out;
	err = -EPERM;
	if (vm->frozen)
		goto out;
	err = exec_bitmaps(vm, slot);
	if (err)
		goto out;

	spin_lock(&vm->mmu_lock);
	(exec->mode == MVM_EXEC_NX ? bitmap_set : bitmap_clear)(slot->nx, gfn - slot->gfn, npages);
	(exec->mode == MVM_EXEC_RX ? bitmap_set : bitmap_clear)(slot->rx, gfn - slot->gfn, npages);
	mvm_zap(vm, gfn, npages);
	spin_unlock(&vm->mmu_lock);
out:
	mutex_unlock(&vm->lock);
	return err;
}

int mvm_slots_clone(struct mvm_vm *vm)
{
	const struct mvm_vm *from = vm->template;

	vm->slots = kmalloc_array(from->nslots, sizeof(*vm->slots), GFP_KERNEL_ACCOUNT);
	if (!vm->slots)
		return -ENOMEM;
	vm->slots_max = from->nslots;
	while (vm->nslots < from->nslots) {
		struct mvm_slot *slot = kmemdup(from->slots[vm->nslots], sizeof(*slot),
						GFP_KERNEL_ACCOUNT);

		if (!slot)
			return -ENOMEM;
		mvm_live_inc();
		slot->hva = 0;
		slot->dirty = NULL;
		slot->borrowed = true;
		vm->slots[vm->nslots++] = slot;
	}
	return 0;
}

static void slot_reset_exec(struct mvm_vm *vm, struct mvm_slot *slot, const struct mvm_slot *from)
{
	unsigned long *nx = slot->nx, *rx = slot->rx;

	spin_lock(&vm->mmu_lock);
	slot->nx = from->nx;
	slot->rx = from->rx;
	slot->borrowed = true;
	mvm_zap(vm, slot->gfn, slot->npages);
	spin_unlock(&vm->mmu_lock);
	kvfree(nx);
	kvfree(rx);
}

void mvm_slots_reset_exec(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nslots; i++) {
		if (!vm->slots[i]->borrowed)
			slot_reset_exec(vm, vm->slots[i], vm->template->slots[i]);
	}
}

void mvm_slots_destroy(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nslots; i++)
		slot_free(vm->slots[i]);
	kfree(vm->slots);
}
