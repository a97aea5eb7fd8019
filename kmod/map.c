/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest frame to a host frame, and to the bytes in it: slot, host page tables, what the
 * guest may do there.  The only place that looks at the process's memory for a guest.
 *
 * Pages are not pinned.  Between looking (mvm_map_get) and writing a leaf (after mvm_map_stale)
 * the host may change its mind; the notifier's count and sequence tell.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <asm/pgtable.h>

#include "core.h"

#define HUGE_PAGES	PTRS_PER_PTE	/* frames in 2 MiB */

/* All bits of the 2 MiB that gfn is in are alike; their common value in *val. */
static bool bits_alike(const unsigned long *map, u64 first, bool *val)
{
	unsigned long next;

	if (!map) {
		*val = false;
		return true;
	}
	*val = test_bit(first, map);
	next = *val ? find_next_zero_bit(map, first + HUGE_PAGES, first) :
		      find_next_bit(map, first + HUGE_PAGES, first);
	return next >= first + HUGE_PAGES;
}

/* mmu_lock held.  Whether slot would let gfn's whole 2 MiB be one leaf. */
static bool slot_allows_huge(const struct mvm_slot *slot, u64 gfn)
{
	u64 base = round_down(gfn, HUGE_PAGES);
	bool nx, rx;

	if (!IS_ENABLED(CONFIG_KMOD_HUGE) || slot->dirty)
		return false;
	if (((slot->hva >> PAGE_SHIFT) ^ slot->gfn) & (HUGE_PAGES - 1))
		return false;
	if (base < slot->gfn || base - slot->gfn + HUGE_PAGES > slot->npages)
		return false;
	return bits_alike(slot->nx, base - slot->gfn, &nx) &&
	       bits_alike(slot->rx, base - slot->gfn, &rx);
}

/* What the slot alone lets the guest do with its frame n. */
static u8 slot_prot(const struct mvm_slot *slot, u64 n)
{
	u8 prot = MVM_PROT_R | MVM_PROT_W | MVM_PROT_X;

	if (slot->nx && test_bit(n, slot->nx))
		prot &= ~MVM_PROT_X;
	if ((slot->flags & KVM_MEM_READONLY) || (slot->rx && test_bit(n, slot->rx)))
		prot &= ~MVM_PROT_W;
	return prot;
}

/*
 * mmu_lock held.  What the slot says of gfn, into map: hva, prot, sequence, and in level what it
 * would allow.  -EFAULT: no slot, or a write that it forbids.  -EAGAIN: an invalidation of the
 * host's is under way there.
 */
static int slot_look(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map)
{
	struct mvm_slot *slot = mvm_slot_find(vm, gfn);
	u64 n;

	if (!slot)
		return -EFAULT;
	n = gfn - slot->gfn;
	map->hva = slot->hva + (n << PAGE_SHIFT);
	map->prot = slot_prot(slot, n);
	if (write && !(map->prot & MVM_PROT_W))
		return -EFAULT;
	/* The first write must fault, to be logged. */
	if (slot->dirty && !write)
		map->prot &= ~MVM_PROT_W;
	map->level = slot_allows_huge(slot, gfn) ? 2 : 1;
	map->seq = vm->mmu_seq;
	if (vm->mmu_invalidating && map->hva >= vm->inval_start && map->hva < vm->inval_end)
		return -EAGAIN;
	return 0;
}

/*
 * Page tables are not freed while interrupts are off (mm/gup.c says why); what is read may be old.
 * An entry that is neither empty nor present (swap, migration) ends the walk as a leaf does.
 */
unsigned long mvm_host_entry(struct mm_struct *mm, unsigned long hva, bool *empty)
{
	unsigned long flags, size = PGDIR_SIZE;
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	local_irq_save(flags);
	pgd = READ_ONCE(*pgd_offset(mm, hva));
	*empty = pgd_none(pgd);
	if (*empty)
		goto out;
	size = P4D_SIZE;
	p4d = READ_ONCE(*p4d_offset(&pgd, hva));
	*empty = p4d_none(p4d);
	if (*empty)
		goto out;
	size = PUD_SIZE;
	pud = READ_ONCE(*pud_offset(&p4d, hva));
	*empty = pud_none(pud);
	if (*empty || !pud_present(pud) || pud_large(pud))
		goto out;
	size = PMD_SIZE;
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	*empty = pmd_none(pmd);
	if (*empty || !pmd_present(pmd) || pmd_large(pmd))
		goto out;
	size = PAGE_SIZE;
	*empty = pte_none(READ_ONCE(*pte_offset_kernel(&pmd, hva)));
out:
	local_irq_restore(flags);
	return size;
}

/* By 2 MiB or more at once, now: the sequence tells when that is old. */
static bool host_is_huge(struct mm_struct *mm, unsigned long hva)
{
	bool empty;

	return mvm_host_entry(mm, hva, &empty) >= PMD_SIZE && !empty;
}

/* The page at map->hva, referenced.  Takes W from map->prot where the host would copy on write. */
static int host_look(struct mvm_map *map, bool write)
{
	long n;

	/* A read fault takes write permission along where it is to be had for nothing. */
	if ((map->prot & MVM_PROT_W) &&
	    get_user_pages_fast_only(map->hva, 1, FOLL_WRITE, &map->page) == 1)
		return 0;
	if (!write && get_user_pages_fast_only(map->hva, 1, 0, &map->page) == 1) {
		map->prot &= ~MVM_PROT_W;
		return 0;
	}
	map->fresh = true;
	n = get_user_pages_unlocked(map->hva, 1, &map->page,
				    FOLL_HWPOISON | (write ? FOLL_WRITE : 0));
	if (n != 1)
		return n < 0 && n != -EFAULT ? n : -MVM_ENOHOST;
	if (!write)
		map->prot &= ~MVM_PROT_W;
	return 0;
}

int mvm_map_get(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map)
{
	int err;

	map->gfn = gfn;
	map->write = write;
	map->fresh = false;
	map->page = NULL;

	for (;;) {
		spin_lock(&vm->mmu_lock);
		err = slot_look(vm, gfn, write, map);
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
	if (vm->template)
		return mvm_clone_look(vm, map);
	err = host_look(map, write);
	if (err)
		return err;
	map->pfn = page_to_pfn(map->page);
	if (map->level == 2 && (((map->pfn ^ gfn) & (HUGE_PAGES - 1)) ||
				!host_is_huge(vm->mm, map->hva)))
		map->level = 1;
	return 0;
}

bool mvm_map_stale(struct mvm_vm *vm, struct mvm_map *map)
{
	if (map->seq != vm->mmu_seq)
		return true;
	if (vm->mmu_invalidating &&
	    map->hva >= vm->inval_start && map->hva < vm->inval_end)
		return true;
	if (map->write) {
		struct mvm_slot *slot = mvm_slot_find(vm, map->gfn);

		if (slot)
			mvm_slot_mark_dirty(slot, map->gfn);
	}
	return false;
}

/*
 * A page that a guest may write is dirty from here on: whoever cleans it (write-back, swap) takes
 * the mapping away first, by the notifier.
 */
void mvm_map_put(struct mvm_map *map)
{
	if (!map->page)
		return;
	if (!PageReserved(map->page)) {
		if (map->prot & MVM_PROT_W)
			SetPageDirty(map->page);
		mark_page_accessed(map->page);
	}
	put_page(map->page);
	map->page = NULL;
}

unsigned int mvm_map_more(struct mvm_vm *vm, const struct mvm_map *map, unsigned int max,
			  struct page **pages)
{
	struct mvm_slot *slot;
	u64 n, i;
	int got;

	if (map->fresh || vm->mmu_invalidating || vm->template)
		return 0;
	slot = mvm_slot_find(vm, map->gfn);
	if (!slot || slot->dirty)
		return 0;
	n = map->gfn - slot->gfn;
	max = min_t(u64, max, slot->npages - n - 1);
	for (i = 0; slot->nx && i < max; i++) {
		if (slot_prot(slot, n + 1 + i) != slot_prot(slot, n))
			max = i;
	}
	if (!max)
		return 0;
	got = get_user_pages_fast_only(map->hva + PAGE_SIZE, max,
				       map->prot & MVM_PROT_W ? FOLL_WRITE : 0, pages);
	return got < 0 ? 0 : got;
}

void mvm_map_more_put(const struct mvm_map *map, struct page **pages, unsigned int n)
{
	while (n--) {
		if ((map->prot & MVM_PROT_W) && !PageReserved(pages[n]))
			SetPageDirty(pages[n]);
		put_page(pages[n]);
	}
}

/* The host address of gpa, for an access by this process; 0: none, or not writable. */
static unsigned long gpa_to_hva(struct mvm_vm *vm, u64 gpa, bool write)
{
	struct mvm_slot *slot;
	unsigned long hva = 0;

	spin_lock(&vm->mmu_lock);
	slot = mvm_slot_find(vm, gpa >> PAGE_SHIFT);
	if (slot && !(write && (slot->flags & KVM_MEM_READONLY)))
		hva = slot->hva + (gpa - (slot->gfn << PAGE_SHIFT));
	spin_unlock(&vm->mmu_lock);
	return hva;
}

/* The address of a clone's gpa, in a page that needs no reference; ERR_PTR. */
static u64 *clone_addr(struct mvm_vm *vm, u64 gpa, bool write)
{
	struct mvm_map map;
	int err = mvm_map_get(vm, gpa >> PAGE_SHIFT, write, &map);

	return err ? ERR_PTR(err) : __va(map.pfn << PAGE_SHIFT) + offset_in_page(gpa);
}

int mvm_gpa_read64(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	unsigned long hva;

	if (vm->template) {
		u64 *addr = clone_addr(vm, gpa, false);

		if (IS_ERR(addr))
			return PTR_ERR(addr);
		*val = READ_ONCE(*addr);
		return 0;
	}
	hva = gpa_to_hva(vm, gpa, false);
	if (!hva)
		return -EFAULT;
	return get_user(*val, (u64 __user *)hva);
}

static void gpa_mark_dirty(struct mvm_vm *vm, u64 gpa)
{
	struct mvm_slot *slot;

	spin_lock(&vm->mmu_lock);
	slot = mvm_slot_find(vm, gpa >> PAGE_SHIFT);
	if (slot)
		mvm_slot_mark_dirty(slot, gpa >> PAGE_SHIFT);
	spin_unlock(&vm->mmu_lock);
}

int mvm_gpa_cmpxchg64(struct mvm_vm *vm, u64 gpa, u64 old, u64 new)
{
	u64 __user *uaddr;
	int err;

	if (vm->template) {
		u64 *addr = clone_addr(vm, gpa, true);

		if (IS_ERR(addr))
			return PTR_ERR(addr);
		return cmpxchg(addr, old, new) == old ? 0 : -EAGAIN;
	}
	uaddr = (u64 __user *)gpa_to_hva(vm, gpa, true);
	if (!uaddr)
		return -EFAULT;
	err = __try_cmpxchg_user(uaddr, &old, new, efault);
	if (err < 0)
		return err;
	if (err)
		return -EAGAIN;
	gpa_mark_dirty(vm, gpa);
	return 0;
}
