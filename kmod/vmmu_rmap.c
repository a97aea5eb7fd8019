/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest frame to the shadow leaves that map it: hash chains through the pages' entries,
 * and what the host does to leaves by frame (zap, protect, age).
 */
#include "vmmu_int.h"

static u32 *gfn_head(struct vmmu *mmu, u64 gfn)
{
	return &mmu->gfn_head[(gfn ^ gfn >> 10) % VMMU_GFN_HEADS];
}

static u32 handle_of(const struct vmmu_page *sp, unsigned int idx)
{
	return sp->id * 512 + idx + 1;
}

static struct vmmu_page *page_of(struct vmmu *mmu, u32 handle, unsigned int *idx)
{
	*idx = (handle - 1) % 512;
	return mmu->page[(handle - 1) / 512];
}

void vmmu_chain_add(struct vmmu *mmu, u32 *head, struct vmmu_page *sp, unsigned int idx)
{
	unsigned int next_idx;
	u32 me = handle_of(sp, idx);

	sp->side->prev[idx] = 0;
	sp->side->next[idx] = *head;
	if (*head)
		page_of(mmu, *head, &next_idx)->side->prev[next_idx] = me;
	*head = me;
}

void vmmu_chain_del(struct vmmu *mmu, u32 *head, struct vmmu_page *sp, unsigned int idx)
{
	u32 next = sp->side->next[idx], prev = sp->side->prev[idx];
	struct vmmu_page *other;
	unsigned int i;

	if (prev) {
		other = page_of(mmu, prev, &i);
		other->side->next[i] = next;
	} else {
		*head = next;
	}
	if (next) {
		other = page_of(mmu, next, &i);
		other->side->prev[i] = prev;
	}
}

/* The first frame of a leaf: of one page, or of 2 MiB. */
u64 vmmu_leaf_gfn(const struct vmmu_page *sp, unsigned int idx)
{
	u64 pages = level_pages(role_level(sp->role));

	if (sp->role & ROLE_DIRECT)
		return sp->gfn + idx * pages;
	return (sp->side->gpte[idx] & PT_ADDR) >> 12 & ~(pages - 1);
}

void vmmu_rmap_add(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	vmmu_chain_add(mmu, gfn_head(mmu, vmmu_leaf_gfn(sp, idx)), sp, idx);
	mmu->nleaves++;
}

void vmmu_rmap_del(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	vmmu_chain_del(mmu, gfn_head(mmu, vmmu_leaf_gfn(sp, idx)), sp, idx);
	mmu->nleaves--;
}

typedef bool (*leaf_fn)(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx);

static bool zap_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	vmmu_entry_drop(mmu, sp, idx);
	return true;
}

static bool protect_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	u64 spte = READ_ONCE(sp->spt[idx]);

	if (!(spte & PT_W))
		return false;
	/* The processor may set the accessed bit at the same time: losing that is harmless. */
	WRITE_ONCE(sp->spt[idx], spte & ~(PT_W | PT_D));
	mmu->stale = true;
	return true;
}

static bool age_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	u64 spte = READ_ONCE(sp->spt[idx]);

	if (!(spte & PT_A))
		return false;
	WRITE_ONCE(sp->spt[idx], spte & ~PT_A);
	return true;
}

static bool test_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	return READ_ONCE(sp->spt[idx]) & PT_A;
}

/* fn on each leaf of this size that begins at gfn; fn may drop it. */
static bool each_of_gfn(struct vmmu *mmu, u64 gfn, int level, leaf_fn fn)
{
	u32 handle = *gfn_head(mmu, gfn);
	bool any = false;

	while (handle) {
		unsigned int idx;
		struct vmmu_page *sp = page_of(mmu, handle, &idx);

		handle = sp->side->next[idx];
		if (role_level(sp->role) == level && vmmu_leaf_gfn(sp, idx) == gfn)
			any |= fn(mmu, sp, idx);
	}
	return any;
}

/* The same for a range that is longer than there are leaves. */
static bool each_of_all(struct vmmu *mmu, u64 gfn, u64 end, leaf_fn fn)
{
	struct vmmu_page *sp;
	unsigned int idx;
	bool any = false;

	list_for_each_entry(sp, &mmu->pages, list) {
		u64 pages = level_pages(role_level(sp->role));

		if (role_level(sp->role) > 2)
			continue;
		for_each_set_bit(idx, sp->present, 512) {
			u64 first;

			if (!spte_is_leaf(sp, idx))
				continue;
			first = vmmu_leaf_gfn(sp, idx);
			if (first < end && first + pages > gfn)
				any |= fn(mmu, sp, idx);
		}
	}
	return any;
}

static bool each_leaf(struct vmmu *mmu, u64 gfn, u64 end, leaf_fn fn)
{
	bool any = false;
	u64 i;

	if (!mmu->nleaves)
		return false;
	if (end - gfn > mmu->nleaves + 64)
		return each_of_all(mmu, gfn, end, fn);
	for (i = gfn; i < end; i++)
		any |= each_of_gfn(mmu, i, 1, fn);
	for (i = gfn & ~511ULL; i < end; i += 512)
		any |= each_of_gfn(mmu, i, 2, fn);
	return any;
}

/*
 * What the range's frames hold may become something else, so shadow pages of tables among them
 * lose their entries.  Dropping leaves only never dooms a page; clearing does, and vmmu_reap()
 * frees those after a flush of its own.
 */
bool vmmu_zap(struct vmmu *mmu, u64 gfn, u64 end)
{
	struct vmmu_page *sp;

	each_leaf(mmu, gfn, end, zap_leaf);
again:
	list_for_each_entry(sp, &mmu->pages, list) {
		if (sp->role & ROLE_DIRECT || sp->gfn < gfn || sp->gfn >= end ||
		    bitmap_empty(sp->present, 512))
			continue;
		vmmu_page_clear(mmu, sp);
		mmu->stale = true;
		goto again;		/* the list may have lost others */
	}
	return mmu->stale;
}

bool vmmu_protect(struct vmmu *mmu, u64 gfn, u64 end)
{
	each_leaf(mmu, gfn, end, protect_leaf);
	return mmu->stale;
}

/* A processor that still has the translation does not set the bit again: KVM's notion as well. */
bool vmmu_age(struct vmmu *mmu, u64 gfn, u64 end, bool test_only)
{
	return each_leaf(mmu, gfn, end, test_only ? test_leaf : age_leaf);
}
