/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest frame to a host frame, and to the bytes in it: slot, host page tables, what the
 * guest may do there.  The only place that looks at the process's memory for a guest.
 *
 * Pages are not pinned.  Between looking (mvm_map_get) and writing a leaf (after mvm_map_stale)
 * the host may change its mind; the notifier's count and sequence tell.
 */
#include "vcpu.h"

#define HUGE_PAGES	PTRS_PER_PTE	/* frames in 2 MiB */

/* Where the bits of map that are like bit n end. */
static u64 bits_end(const unsigned long *map, u64 n, u64 end)
{
	return test_bit(n, map) ? find_next_zero_bit(map, end, n) : find_next_bit(map, end, n);
}

/* Up to end, where the frames of slot end that may be executed, or not, as its frame n. */
static u64 alike_end(const struct mvm_slot *slot, u64 n, u64 end)
{
	return slot->nx ? min(bits_end(slot->nx, n, end), bits_end(slot->rx, n, end)) : end;
}

/* Whether slot would let gfn's whole 2 MiB be one leaf. */
static bool slot_allows_huge(const struct mvm_slot *slot, u64 gfn)
{
	u64 first = round_down(gfn, HUGE_PAGES), n = first - slot->gfn;

	return IS_ENABLED(CONFIG_KMOD_HUGE) && !slot->dirty &&
	       !(((slot->hva >> PAGE_SHIFT) ^ slot->gfn) & (HUGE_PAGES - 1)) &&
	       first >= slot->gfn && n + HUGE_PAGES <= slot->npages &&
	       alike_end(slot, n, n + HUGE_PAGES) == n + HUGE_PAGES;
}

/* mmu_lock held.  Whether the host is about to change what it has at map->hva and behind. */
static bool invalidating(const struct mvm_vm *vm, const struct mvm_map *map)
{
	return vm->inval.count && map->hva < vm->inval.end &&
	       map->hva + map->npages * PAGE_SIZE > vm->inval.start;
}

/*
 * mmu_lock held.  What the slot says of map->gfn, into map, and in npages how many frames one fault
 * may map.  -EFAULT: no slot, or a write that it forbids.  -EAGAIN: an invalidation of the host's
 * is under way there.
 */
static int slot_look(struct mvm_vm *vm, struct mvm_map *map)
{
	struct mvm_slot *slot = mvm_slot_find(vm, map->gfn);
	u64 n, around;

	if (!slot)
		return -EFAULT;
	n = map->gfn - slot->gfn;
	map->slot = slot;
	map->hva = slot->hva + (n << PAGE_SHIFT);
	map->prot = MVM_PROT_R | MVM_PROT_W | MVM_PROT_X;
	if (slot->nx && test_bit(n, slot->nx))
		map->prot &= ~MVM_PROT_X;
	if ((slot->flags & KVM_MEM_READONLY) || (slot->nx && test_bit(n, slot->rx)))
		map->prot &= ~MVM_PROT_W;
	if (map->write && !(map->prot & MVM_PROT_W))
		return -EFAULT;
	/* The first write must fault, to be logged. */
	if (slot->dirty && !map->write)
		map->prot &= ~MVM_PROT_W;
	map->level = slot_allows_huge(slot, map->gfn) ? 2 : 1;
	/* None behind that has to be logged. */
	around = slot->dirty ? 1 : vm->mmu->around;
	map->npages = alike_end(slot, n, min(n + around - map->gfn % around, slot->npages)) - n;
	map->seq = vm->mmu_seq;
	return invalidating(vm, map) ? -EAGAIN : 0;
}

/*
 * The same format on all levels.  Page tables are not freed while interrupts are off (mm/gup.c says
 * why); what is read may be old.  An entry that is neither empty nor present (swap, migration) ends
 * the walk as a leaf does.
 */
unsigned long mvm_host_entry(struct mm_struct *mm, unsigned long hva, bool *empty)
{
	const pteval_t *table = (const pteval_t *)mm->pgd;
	unsigned int shift = PGDIR_SHIFT;
	unsigned long flags;
	pte_t entry;

	local_irq_save(flags);
	for (;; shift -= PMD_SHIFT - PAGE_SHIFT) {
		entry = __pte(READ_ONCE(table[(hva >> shift) % PTRS_PER_PTE]));
		if (shift == PAGE_SHIFT || !(pte_flags(entry) & _PAGE_PRESENT) ||
		    (pte_flags(entry) & _PAGE_PSE))
			break;
		table = __va(pte_val(entry) & PTE_PFN_MASK);
	}
	local_irq_restore(flags);
	*empty = pte_none(entry);
	return 1UL << shift;
}

/*
 * The page at map->hva, and of those behind what the host has at hand, referenced.  Takes W from
 * map->prot where the host would copy on write, and level 2 from where it has no 2 MiB.
 */
static int host_look(struct mvm_vm *vm, struct mvm_map *map)
{
	long n = 0;
	bool empty;

	/* A read fault takes write permission along where it is to be had for nothing. */
	if (map->prot & MVM_PROT_W)
		n = get_user_pages_fast_only(map->hva, map->npages, FOLL_WRITE, map->page);
	if (n <= 0 && !map->write) {
		map->prot &= ~MVM_PROT_W;
		n = get_user_pages_fast_only(map->hva, map->npages, 0, map->page);
	}
	if (n <= 0)
		n = get_user_pages_unlocked(map->hva, 1, map->page,
					    FOLL_HWPOISON | (map->write ? FOLL_WRITE : 0));
	if (n <= 0)
		return n && n != -EFAULT ? n : -MVM_ENOHOST;
	map->npages = n;
	map->pfn = page_to_pfn(map->page[0]);
	/* By 2 MiB or more at once, now: the sequence tells when that is old. */
	if (map->level == 2 && (((map->pfn ^ map->gfn) & (HUGE_PAGES - 1)) ||
				mvm_host_entry(vm->mm, map->hva, &empty) < PMD_SIZE || empty))
		map->level = 1;
	return 0;
}

int mvm_map_get(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map)
{
	int err;

	map->gfn = gfn;
	map->write = write;
	for (;;) {
		spin_lock(&vm->mmu_lock);
		err = slot_look(vm, map);
		spin_unlock(&vm->mmu_lock);
		if (err != -EAGAIN)
			break;
		/* Who invalidates may need this processor to come to its end. */
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (err)
		return err;
	if (!vm->template)
		return host_look(vm, map);
	map->npages = 0;
	return mvm_clone_look(vm, map);
}

bool mvm_map_stale(struct mvm_vm *vm, struct mvm_map *map)
{
	if (map->seq != vm->mmu_seq || invalidating(vm, map))
		return true;
	if (map->write && map->slot->dirty)
		set_bit(map->gfn - map->slot->gfn, map->slot->dirty);
	return false;
}

/*
 * A page that a guest may write is dirty from here on: whoever cleans it (write-back, swap) takes
 * the mapping away first, by the notifier.  Those behind the first look untouched, which they are.
 */
void mvm_map_put(struct mvm_map *map)
{
	unsigned int i;

	for (i = 0; i < map->npages; i++) {
		struct page *page = map->page[i];

		if (!PageReserved(page)) {
			if (map->prot & MVM_PROT_W)
				SetPageDirty(page);
			if (!i)
				mark_page_accessed(page);
		}
		put_page(page);
	}
}

/* ---- Eight bytes of guest memory ---- */

/*
 * The notifier and slot changes come here too, in which case current may be of another process:
 * then the memory counts as unreadable, and what depends on it is dropped.
 */
int mvm_gpa_peek64(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	struct mvm_slot *slot;
	int err;

	if (vm->template)
		return mvm_clone_peek(vm, gpa, val);
	slot = mvm_slot_find(vm, gpa >> PAGE_SHIFT);
	if (!slot || current->mm != vm->mm)
		return -EFAULT;
	pagefault_disable();
	err = __get_user(*val, (u64 __user *)(slot->hva + (gpa - (slot->gfn << PAGE_SHIFT))));
	pagefault_enable();
	return err;
}

int mvm_gpa_read64(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	struct mvm_map map;
	int err;

	spin_lock(&vm->mmu_lock);
	err = mvm_gpa_peek64(vm, gpa, val);
	spin_unlock(&vm->mmu_lock);
	if (!err)
		return 0;
	err = mvm_map_get(vm, gpa >> PAGE_SHIFT, false, &map);
	if (err)
		return err;
	*val = READ_ONCE(*(u64 *)(pfn_to_kaddr(map.pfn) + offset_in_page(gpa)));
	mvm_map_put(&map);
	return 0;
}

/* Under the lock and not stale: the host does not take the page away meanwhile. */
int mvm_gpa_cmpxchg64(struct mvm_vm *vm, u64 gpa, u64 old, u64 new)
{
	struct mvm_map map;
	int err = mvm_map_get(vm, gpa >> PAGE_SHIFT, true, &map);

	if (err)
		return err;
	spin_lock(&vm->mmu_lock);
	if (mvm_map_stale(vm, &map) ||
	    cmpxchg((u64 *)(pfn_to_kaddr(map.pfn) + offset_in_page(gpa)), old, new) != old)
		err = -EAGAIN;
	spin_unlock(&vm->mmu_lock);
	mvm_map_put(&map);
	return err;
}
