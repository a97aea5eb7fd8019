/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow pages: where they come from, how entries link them, and when they go.  A page that is
 * no root lives as long as an entry points to it; roots are kept without users, the oldest go.
 */
#include "vmmu_int.h"

int vmmu_init(struct vmmu *mmu, struct mvm_vm *vm, unsigned int roots)
{
	mmu->vm = vm;
	mmu->budget = VMMU_MAX_PAGES;
	mmu->max_kept = roots;
	INIT_LIST_HEAD(&mmu->pages);
	INIT_LIST_HEAD(&mmu->unsync);
	INIT_LIST_HEAD(&mmu->doomed);
	INIT_LIST_HEAD(&mmu->kept_list);
	INIT_LIST_HEAD(&mmu->used_list);
	return 0;
}

static void page_free(struct vmmu_page *sp)
{
	if (sp->spt)
		vmmu_table_free(sp->spt);
	vmmu_free(sp->side);
	vmmu_free(sp);
}

static struct vmmu_page *page_alloc(void)
{
	struct vmmu_page *sp = vmmu_zalloc(sizeof(*sp));

	if (!sp)
		return NULL;
	sp->spt = vmmu_table_alloc();
	sp->side = vmmu_alloc(sizeof(*sp->side));
	if (!sp->spt || !sp->side) {
		page_free(sp);
		return NULL;
	}
	return sp;
}

void vmmu_destroy(struct vmmu *mmu)
{
	struct vmmu_page *sp, *next;

	list_for_each_entry_safe(sp, next, &mmu->pages, list)
		page_free(sp);
	list_for_each_entry_safe(sp, next, &mmu->doomed, list)
		page_free(sp);
}

int vmmu_topup(struct vmmu_cpu *cpu)
{
	while (cpu->ncache < VMMU_CACHE) {
		struct vmmu_page *sp = page_alloc();

		if (!sp)
			return -ENOMEM;
		cpu->cache[cpu->ncache++] = sp;
	}
	return 0;
}

void vmmu_drain(struct vmmu_cpu *cpu)
{
	while (cpu->ncache)
		page_free(cpu->cache[--cpu->ncache]);
}

struct vmmu_page *vmmu_page_find(struct vmmu *mmu, u64 gfn, u32 role)
{
	struct vmmu_page *sp;

	hlist_for_each_entry(sp, page_head(mmu, gfn), hash)
		if (sp->gfn == gfn && sp->role == role)
			return sp;
	return NULL;
}

bool vmmu_gfn_guarded(struct vmmu *mmu, u64 gfn)
{
	struct vmmu_page *sp;

	hlist_for_each_entry(sp, page_head(mmu, gfn), hash)
		if (sp->gfn == gfn && !(sp->role & ROLE_DIRECT) && !sp->unsync)
			return true;
	return false;
}

bool vmmu_region_shadowed(struct vmmu *mmu, u64 gfn)
{
	struct vmmu_page *sp;

	list_for_each_entry(sp, &mmu->pages, list)
		if (!(sp->role & ROLE_DIRECT) && sp->gfn >> 9 == gfn >> 9)
			return true;
	return false;
}

/*
 * The table's present content counts from here on, which the caller reads after this: no
 * processor can write to it then without a fault.
 */
struct vmmu_page *vmmu_page_new(struct vmmu_cpu *cpu, u64 gfn, u32 role)
{
	struct vmmu *mmu = cpu->mmu;
	struct vmmu_page *sp = cpu->cache[--cpu->ncache];

	while (mmu->page[mmu->next_id])
		mmu->next_id = (mmu->next_id + 1) % VMMU_MAX_PAGES;
	sp->id = mmu->next_id;
	mmu->page[sp->id] = sp;
	sp->gfn = gfn;
	sp->role = role;
	mmu->npages++;
	hlist_add_head(&sp->hash, page_head(mmu, gfn));
	list_add_tail(&sp->list, &mmu->pages);
	if (!(role & ROLE_DIRECT) && vmmu_protect(mmu, gfn, gfn + 1))
		vmmu_flush_all(mmu);
	return sp;
}

struct vmmu_page *vmmu_entry_child(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	/* The page's id is in bits that the processor ignores. */
	return mmu->page[sp->spt[idx] >> 52 & (VMMU_MAX_PAGES - 1)];
}

void vmmu_entry_drop(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	struct vmmu_page *child = NULL;

	if (spte_is_leaf(sp, idx)) {
		vmmu_rmap_del(mmu, sp, idx);
		mmu->stale = true;
	} else {
		child = vmmu_entry_child(mmu, sp, idx);
		vmmu_chain_del(mmu, &child->parents, sp, idx);
	}
	WRITE_ONCE(sp->spt[idx], 0);
	__clear_bit(idx, sp->present);
	if (child && !child->parents)
		vmmu_page_doom(mmu, child);
}

void vmmu_entry_link(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx,
		     struct vmmu_page *child, u64 gpte)
{
	sp->side->gpte[idx] = gpte;
	vmmu_chain_add(mmu, &child->parents, sp, idx);
	__set_bit(idx, sp->present);
	WRITE_ONCE(sp->spt[idx], vmmu_table_pa(child->spt) | (u64)child->id << 52 |
		   PT_P | PT_W | PT_U | PT_A);
}

bool vmmu_entry_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 spte, u64 gpte)
{
	if (test_bit(idx, sp->present)) {
		/* Of another frame, or with other rights: most often dirty now. */
		u64 old = sp->spt[idx];

		if (spte_is_leaf(sp, idx) && !((old ^ spte) & ~PT_A) &&
		    (sp->role & ROLE_DIRECT || !((sp->side->gpte[idx] ^ gpte) & PT_ADDR))) {
			sp->side->gpte[idx] = gpte;
			WRITE_ONCE(sp->spt[idx], spte);
			return !(old & PT_A);
		}
		vmmu_entry_drop(mmu, sp, idx);
	}
	sp->side->gpte[idx] = gpte;
	__set_bit(idx, sp->present);
	WRITE_ONCE(sp->spt[idx], spte);
	vmmu_rmap_add(mmu, sp, idx);
	return true;
}

void vmmu_page_clear(struct vmmu *mmu, struct vmmu_page *sp)
{
	unsigned int idx;

	for_each_set_bit(idx, sp->present, 512)
		vmmu_entry_drop(mmu, sp, idx);
}

void vmmu_page_doom(struct vmmu *mmu, struct vmmu_page *sp)
{
	vmmu_page_clear(mmu, sp);
	vmmu_page_synced(mmu, sp);
	if (sp->kept) {
		list_del(&sp->root_link);
		mmu->nkept--;
	}
	hlist_del(&sp->hash);
	mmu->page[sp->id] = NULL;
	list_del(&sp->list);
	list_add_tail(&sp->list, &mmu->doomed);
}

void vmmu_reap(struct vmmu *mmu)
{
	struct vmmu_page *sp, *next;

	if (list_empty(&mmu->doomed))
		return;
	vmmu_flush_all(mmu);
	list_for_each_entry_safe(sp, next, &mmu->doomed, list) {
		list_del(&sp->list);
		mmu->npages--;
		page_free(sp);
	}
}

static bool have_room(const struct vmmu *mmu)
{
	return mmu->npages + VMMU_CACHE <= mmu->budget;
}

void vmmu_forget(struct vmmu *mmu)
{
	struct vmmu_page *sp;

	while (!list_empty(&mmu->kept_list))
		vmmu_page_doom(mmu, list_first_entry(&mmu->kept_list, struct vmmu_page,
						     root_link));
	list_for_each_entry(sp, &mmu->used_list, root_link)
		vmmu_page_clear(mmu, sp);
	vmmu_reap(mmu);
}

void vmmu_make_room(struct vmmu *mmu)
{
	if (have_room(mmu))
		return;
	vmmu_reap(mmu);
	while (!have_room(mmu) && !list_empty(&mmu->kept_list)) {
		vmmu_page_doom(mmu, list_first_entry(&mmu->kept_list, struct vmmu_page,
						     root_link));
		vmmu_reap(mmu);
	}
	if (!have_room(mmu))
		vmmu_forget(mmu);
}

void vmmu_root_get(struct vmmu *mmu, struct vmmu_page *sp)
{
	if (sp->kept) {
		list_del(&sp->root_link);
		mmu->nkept--;
		sp->kept = false;
	}
	if (!sp->users++)
		list_add_tail(&sp->root_link, &mmu->used_list);
}

void vmmu_root_put(struct vmmu *mmu, struct vmmu_page *sp)
{
	if (--sp->users)
		return;
	list_del(&sp->root_link);
	sp->kept = true;
	mmu->nkept++;
	list_add_tail(&sp->root_link, &mmu->kept_list);
	while (mmu->nkept > mmu->max_kept)
		vmmu_page_doom(mmu, list_first_entry(&mmu->kept_list, struct vmmu_page,
						     root_link));
}
