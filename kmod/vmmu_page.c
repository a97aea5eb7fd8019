/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow pages: where they come from, how entries link them, which of the guest's tables may be
 * written (unsync) and how they are made equal again, and when they go.  A page that is no root
 * lives as long as an entry points to it; roots are kept without users, the oldest go.
 */
#include "vmmu_int.h"

/* Bits that software has for itself, or that the vMMU ignores: 52-62, 9-11, G, PCD, PWT. */
#define IGNORED		(0x7ffULL << 52 | 7ULL << 9 | 1ULL << 8 | 3ULL << 3)

/* ---- Memory ---- */

static void page_free(struct vmmu_page *sp)
{
	free_pages((unsigned long)sp->table, get_order(sizeof(*sp->table)));
	kfree(sp);
}

static struct vmmu_page *page_alloc(void)
{
	struct vmmu_page *sp = kzalloc(sizeof(*sp), GFP_KERNEL_ACCOUNT);

	if (!sp)
		return NULL;
	sp->table = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT, get_order(sizeof(*sp->table)));
	if (!sp->table) {
		kfree(sp);
		return NULL;
	}
	memset64(sp->table->spte, 0, 512);
	set_page_private(virt_to_page(sp->table), (unsigned long)sp);
	INIT_LIST_HEAD(&sp->unsync);
	return sp;
}

int vmmu_topup(struct vmmu_cpu *cpu)
{
	for (; cpu->ncache < VMMU_CACHE; cpu->ncache++) {
		cpu->cache[cpu->ncache] = page_alloc();
		if (!cpu->cache[cpu->ncache])
			return -ENOMEM;
	}
	return 0;
}

int vmmu_vcpu_init(struct mvm_vcpu *vcpu)
{
	vcpu->mmu = kzalloc(sizeof(struct vmmu_cpu), GFP_KERNEL_ACCOUNT);
	return vcpu->mmu ? 0 : -ENOMEM;
}

/* The root goes with the VM, which is about to. */
void vmmu_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;

	while (cpu->ncache)
		page_free(cpu->cache[--cpu->ncache]);
	kfree(cpu);
}

int vmmu_vm_init(struct mvm_vm *vm)
{
	struct vmmu *mmu = kzalloc(sizeof(*mmu), GFP_KERNEL_ACCOUNT);

	if (!mmu)
		return -ENOMEM;
	mmu->vm = vm;
	mmu->budget = VMMU_MAX_PAGES;
	INIT_LIST_HEAD(&mmu->pages);
	INIT_LIST_HEAD(&mmu->unsync);
	INIT_LIST_HEAD(&mmu->doomed);
	vm->mmu_data = mmu;
	return 0;
}

void vmmu_vm_destroy(struct mvm_vm *vm)
{
	struct vmmu *mmu = vm->mmu_data;
	struct vmmu_page *sp, *next;

	list_splice(&mmu->doomed, &mmu->pages);
	list_for_each_entry_safe(sp, next, &mmu->pages, list)
		page_free(sp);
	kfree(mmu);
}

/* ---- Pages ---- */

static void flush_stale(struct vmmu *mmu)
{
	if (mmu->stale)
		mvm_flush_vm(mmu->vm);
	mmu->stale = false;
}

/* Whether it stands for a table of the guest's, of which frame gfn is one of this many. */
static bool shadows(const struct vmmu_page *sp, u64 gfn, u64 pages)
{
	return !(sp->role & ROLE_DIRECT) && sp->gfn - gfn < pages;
}

struct vmmu_page *vmmu_page_find(struct vmmu *mmu, u64 gfn, u32 role)
{
	struct vmmu_page *sp;

	hash_for_each_possible(mmu->page_hash, sp, hash, gfn)
		if (sp->gfn == gfn && sp->role == role)
			return sp;
	return NULL;
}

/*
 * The table's present content counts from here on, which the caller reads after this: no
 * processor can write to it then without a fault.
 */
struct vmmu_page *vmmu_page_new(struct mvm_vcpu *vcpu, u64 gfn, u32 role)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	struct vmmu *mmu = vcpu->vm->mmu_data;
	struct vmmu_page *sp = cpu->cache[--cpu->ncache];

	sp->gfn = gfn;
	sp->role = role;
	mmu->npages++;
	hash_add(mmu->page_hash, &sp->hash, gfn);
	if (role_level(role) == 4)
		list_add(&sp->list, &mmu->pages);
	else
		list_add_tail(&sp->list, &mmu->pages);
	if (!(role & ROLE_DIRECT))
		vmmu_change(vcpu->vm, gfn, gfn + 1, MVM_PROTECT);
	return sp;
}

bool vmmu_region_shadowed(struct vmmu *mmu, u64 gfn)
{
	struct vmmu_page *sp;

	list_for_each_entry(sp, &mmu->pages, list)
		if (shadows(sp, gfn & ~511ULL, 512))
			return true;
	return false;
}

bool vmmu_writable(struct vmmu *mmu, u64 gfn, bool write)
{
	struct vmmu_page *sp;

	hash_for_each_possible(mmu->page_hash, sp, hash, gfn) {
		if (!shadows(sp, gfn, 1) || !list_empty(&sp->unsync))
			continue;
		if (!write)
			return false;
		list_add_tail(&sp->unsync, &mmu->unsync);
	}
	return true;
}

/* ---- Entries ---- */

static void page_doom(struct vmmu *mmu, struct vmmu_page *sp);

static void entry_drop(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	struct vmmu_page *child = entry_child(sp, idx);

	hlist_del(&sp->table->entry[idx].link);
	__clear_bit(idx, sp->present);
	mmu->nentries--;
	WRITE_ONCE(sp->table->spte[idx], 0);
	mmu->stale = true;
	if (child && hlist_empty(&child->parents))
		page_doom(mmu, child);
}

static void entry_set(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 spte, u64 gpte)
{
	if (test_bit(idx, sp->present))
		entry_drop(mmu, sp, idx);
	sp->table->entry[idx].gpte = gpte;
	__set_bit(idx, sp->present);
	mmu->nentries++;
	WRITE_ONCE(sp->table->spte[idx], spte);
}

void vmmu_entry_link(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx,
		     struct vmmu_page *child, u64 gpte)
{
	entry_set(mmu, sp, idx, __pa(child->table) | PT_P | PT_W | PT_U | PT_A, gpte);
	hlist_add_head(&sp->table->entry[idx].link, &child->parents);
}

/* The first frame of a leaf: of one page, or of 2 MiB. */
static u64 leaf_gfn(const struct vmmu_page *sp, u64 gpte)
{
	return (gpte & PT_ADDR) >> 12 & ~(level_pages(role_level(sp->role)) - 1);
}

bool vmmu_entry_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 spte, u64 gpte)
{
	struct vmmu_entry *e = &sp->table->entry[idx];

	if (sp->table->spte[idx] == spte && !((e->gpte ^ gpte) & PT_ADDR)) {
		e->gpte = gpte;
		return false;
	}
	/* What was there is of another frame, or has other rights: most often dirty now. */
	entry_set(mmu, sp, idx, spte, gpte);
	hash_add(mmu->leaf_hash, &e->link, leaf_gfn(sp, gpte));
	return true;
}

static void page_clear(struct vmmu *mmu, struct vmmu_page *sp)
{
	unsigned int idx;

	for_each_set_bit(idx, sp->present, 512)
		entry_drop(mmu, sp, idx);
}

static void page_doom(struct vmmu *mmu, struct vmmu_page *sp)
{
	page_clear(mmu, sp);
	list_del_init(&sp->unsync);
	hash_del(&sp->hash);
	list_move_tail(&sp->list, &mmu->doomed);
	mmu->stale = true;
}

/* ---- Leaves by frame ---- */

/*
 * Takes bits from a leaf that maps frames of [gfn, end), with PT_P the leaf.  The bits that there
 * were.  A processor may set the accessed bit at the same time: losing that is harmless.
 */
static u64 leaf_take(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 gfn, u64 end,
		     u64 bits)
{
	u64 first = leaf_gfn(sp, sp->table->entry[idx].gpte);
	u64 spte = READ_ONCE(sp->table->spte[idx]);

	if (first >= end || first + level_pages(role_level(sp->role)) <= gfn)
		return 0;
	if (bits & PT_P) {
		entry_drop(mmu, sp, idx);
	} else if (spte & bits) {
		WRITE_ONCE(sp->table->spte[idx], spte & ~bits);
		if (bits & PT_W)
			mmu->stale = true;
	}
	return spte;
}

/* Of the leaves that begin at frame i, and of some others. */
static u64 chain_take(struct vmmu *mmu, u64 i, u64 gfn, u64 end, u64 bits)
{
	struct vmmu_entry *e;
	struct hlist_node *next;
	u64 all = 0;

	hash_for_each_possible_safe(mmu->leaf_hash, e, next, link, i) {
		void *table = (void *)((unsigned long)e & ~(sizeof(struct vmmu_table) - 1));
		struct vmmu_page *sp = (struct vmmu_page *)page_private(virt_to_page(table));

		all |= leaf_take(mmu, sp, e - sp->table->entry, gfn, end, bits);
	}
	return all;
}

/* Of all leaves of the range, by frame where that is less work. */
static u64 leaves_take(struct vmmu *mmu, u64 gfn, u64 end, u64 bits)
{
	struct vmmu_page *sp;
	unsigned int idx;
	u64 all = 0, i;

	if (end - gfn > mmu->nentries) {
		list_for_each_entry(sp, &mmu->pages, list)
			for_each_set_bit(idx, sp->present, 512)
				if (!entry_child(sp, idx))
					all |= leaf_take(mmu, sp, idx, gfn, end, bits);
		return all;
	}
	/* A leaf of 2 MiB may begin before gfn. */
	all = chain_take(mmu, gfn & ~511ULL, gfn, end, bits);
	for (i = gfn; i < end; i++)
		all |= chain_take(mmu, i, gfn, end, bits);
	return all;
}

/*
 * MVM_ZAP: what the range's frames hold may become something else, so shadow pages of tables among
 * them lose their entries.  MVM_AGE: a processor that still has the translation does not set the
 * bit again: KVM's notion as well.  The flush is made here, where it is known whether one is owed;
 * pages that are doomed by this are freed after the next one.
 */
bool vmmu_change(struct mvm_vm *vm, u64 gfn, u64 end, enum mvm_op op)
{
	static const u64 taken[] = {
		[MVM_ZAP] = PT_P, [MVM_PROTECT] = PT_W | PT_D, [MVM_AGE] = PT_A, [MVM_TEST] = 0
	};
	struct vmmu *mmu = vm->mmu_data;
	u64 were = leaves_take(mmu, gfn, end, taken[op]);
	struct vmmu_page *sp;

	if (op == MVM_AGE || op == MVM_TEST)
		return were & PT_A;
	if (op == MVM_ZAP)
		list_for_each_entry(sp, &mmu->pages, list)
			if (shadows(sp, gfn, end - gfn))
				page_clear(mmu, sp);
	flush_stale(mmu);
	return false;
}

/* ---- Unsync pages made equal to the guest's tables ---- */

/*
 * Drops a present entry that is not what the guest has now.  A bit A or D that the guest took
 * away must be set again by the next access; one that came is no loss: writing still faults.
 */
static void sync_entry(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx)
{
	u64 was = sp->table->entry[idx].gpte, now;

	if (mvm_gpa_peek64(mmu->vm, (sp->gfn << 12) + idx * 8, &now) ||
	    (was ^ now) & ~(IGNORED | PT_A | PT_D) || was & ~now & (PT_A | PT_D))
		entry_drop(mmu, sp, idx);
	else
		sp->table->entry[idx].gpte = now;
}

void vmmu_sync_all(struct vmmu *mmu)
{
	struct vmmu_page *sp;
	unsigned int idx;

	if (list_empty(&mmu->unsync))
		return;
	list_for_each_entry(sp, &mmu->unsync, unsync)
		leaves_take(mmu, sp->gfn, sp->gfn + 1, PT_W | PT_D);
	flush_stale(mmu);
	while (!list_empty(&mmu->unsync)) {
		sp = list_first_entry(&mmu->unsync, struct vmmu_page, unsync);
		list_del_init(&sp->unsync);
		for_each_set_bit(idx, sp->present, 512)
			sync_entry(mmu, sp, idx);
	}
}

void vmmu_sync_gva(struct mvm_vcpu *vcpu, u64 gva)
{
	struct vmmu *mmu = vcpu->vm->mmu_data;
	struct vmmu_page *sp, *child = ((struct vmmu_cpu *)vcpu->mmu)->root;
	unsigned int idx;

	list_for_each_entry(sp, &mmu->unsync, unsync) {
		if (role_level(sp->role) > 1) {
			vmmu_sync_all(mmu);
			return;
		}
	}
	do {
		sp = child;
		idx = pt_index(gva, role_level(sp->role));
		child = entry_child(sp, idx);
	} while (child);
	if (test_bit(idx, sp->present) && !list_empty(&sp->unsync))
		sync_entry(mmu, sp, idx);
}

/* ---- When they go ---- */

void vmmu_reap(struct vmmu *mmu)
{
	struct vmmu_page *sp, *next;

	if (list_empty(&mmu->doomed))
		return;
	flush_stale(mmu);
	list_for_each_entry_safe(sp, next, &mmu->doomed, list) {
		list_del(&sp->list);
		mmu->npages--;
		page_free(sp);
	}
}

/* Of the roots without users; there is one. */
static void doom_oldest_root(struct vmmu *mmu)
{
	struct vmmu_page *sp, *oldest = NULL;

	list_for_each_entry(sp, &mmu->pages, list) {
		if (role_level(sp->role) < 4)
			break;
		if (!sp->users)
			oldest = sp;
	}
	mmu->nkept--;
	page_doom(mmu, oldest);
}

void vmmu_forget(struct vmmu *mmu)
{
	struct vmmu_page *sp;

	while (mmu->nkept)
		doom_oldest_root(mmu);
	list_for_each_entry(sp, &mmu->pages, list)
		page_clear(mmu, sp);
}

void vmmu_make_room(struct vmmu *mmu)
{
	while (mmu->npages + VMMU_CACHE > mmu->budget) {
		if (mmu->nkept)
			doom_oldest_root(mmu);
		else
			vmmu_forget(mmu);
		vmmu_reap(mmu);
	}
}

void vmmu_root_put(struct vmmu *mmu, struct vmmu_page *sp)
{
	if (--sp->users)
		return;
	list_move(&sp->list, &mmu->pages);
	if (++mmu->nkept > vmmu_roots)
		doom_oldest_root(mmu);
}
