/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping shadow pages equal to the guest's tables: which may be written (unsync), and how they
 * are made equal again.  The rules are at the head of vmmu_int.h.
 */
#include "vmmu_int.h"

/* Bits that software has for itself, or that the vMMU ignores: 52-62, 9-11, G, PCD, PWT. */
#define IGNORED		(0x7ffULL << 52 | 7ULL << 9 | 1ULL << 8 | 3ULL << 3)

void vmmu_unsync(struct vmmu *mmu, u64 gfn)
{
	struct vmmu_page *sp;

	hlist_for_each_entry(sp, page_head(mmu, gfn), hash) {
		if (sp->gfn != gfn || sp->role & ROLE_DIRECT || sp->unsync)
			continue;
		sp->unsync = true;
		list_add_tail(&sp->unsync_link, &mmu->unsync);
		if (role_level(sp->role) > 1)
			mmu->nunsync_upper++;
	}
}

void vmmu_page_synced(struct vmmu *mmu, struct vmmu_page *sp)
{
	if (!sp->unsync)
		return;
	sp->unsync = false;
	list_del(&sp->unsync_link);
	if (role_level(sp->role) > 1)
		mmu->nunsync_upper--;
}

/*
 * Drops a present entry that is not what the guest has now.  A bit A or D that the guest took
 * away must be set again by the next access; one that came is no loss: writing still faults.
 */
static void sync_entry(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	u64 was = sp->side->gpte[idx], now;

	if (vmmu_peek(mmu->vm, (sp->gfn << 12) + idx * 8, &now) ||
	    (was ^ now) & ~(IGNORED | PT_A | PT_D) || was & ~now & (PT_A | PT_D))
		vmmu_entry_drop(mmu, sp, idx);
	else
		sp->side->gpte[idx] = now;
}

void vmmu_sync_all(struct vmmu *mmu)
{
	struct vmmu_page *sp;
	bool flush = false;

	if (list_empty(&mmu->unsync))
		return;
	list_for_each_entry(sp, &mmu->unsync, unsync_link)
		flush |= vmmu_protect(mmu, sp->gfn, sp->gfn + 1);
	if (flush)
		vmmu_flush_all(mmu);
	while (!list_empty(&mmu->unsync)) {
		unsigned int idx;

		sp = list_first_entry(&mmu->unsync, struct vmmu_page, unsync_link);
		vmmu_page_synced(mmu, sp);
		for_each_set_bit(idx, sp->present, 512)
			sync_entry(mmu, sp, idx);
	}
}

void vmmu_sync_gva(struct vmmu_cpu *cpu, u64 gva)
{
	struct vmmu *mmu = cpu->mmu;
	struct vmmu_page *sp = cpu->root;
	unsigned int idx;

	if (mmu->nunsync_upper) {
		vmmu_sync_all(mmu);
		return;
	}
	for (;;) {
		idx = pt_index(gva, role_level(sp->role));
		if (!test_bit(idx, sp->present))
			return;
		if (spte_is_leaf(sp, idx))
			break;
		sp = vmmu_entry_child(mmu, sp, idx);
	}
	if (sp->unsync)
		sync_entry(mmu, sp, idx);
}
