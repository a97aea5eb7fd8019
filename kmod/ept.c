/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EPT engine: guest-physical to host-physical by the processor's second-level tables (SDM 3,
 * chapter 29).  Which frame a GPA is, and what the guest may do there, says map.c.
 *
 * Entries change under mmu_lock, by plain writes.  The processor sets A and D in them meanwhile,
 * and a write may lose such a bit: a page counts as dirty from when it is mapped writable (map.c)
 * and an A bit lost is a page that looks older than it is.
 *
 * Without A/D bits a leaf gets old by losing R, W and X and keeping its frame.  An entry that is
 * not 0 may be in a processor's TLB, whatever its permissions.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ept.h"
#include "ledger.h"
#include "vmx.h"

#define EPT_RWX		7ULL		/* MVM_PROT_*, bit for bit */
#define EPT_W		2ULL
#define EPT_LEAF_TYPE	(6ULL << 3 | 1ULL << 6)	/* write-back, whatever the guest's PAT says */
#define EPT_PS		(1ULL << 7)	/* leaf of 2 MiB, at level 2 */
#define EPT_A		(1ULL << 8)
#define EPT_D		(1ULL << 9)
#define EPT_ADDR	0x000ffffffffff000ULL
#define EPT_LEVELS	4
#define EPT_ENTRIES	512
#define AROUND		8	/* leaves that one fault may fill */
#define EPT_GFNS	(1ULL << (9 * EPT_LEVELS))	/* frames that four levels can name */

enum ept_op { EPT_ZAP, EPT_PROTECT, EPT_AGE, EPT_TEST };

static inline u64 *entry_of(u64 *table, u64 gfn, int level)
{
	return &table[gfn >> 9 * (level - 1) & (EPT_ENTRIES - 1)];
}

static inline bool is_leaf(u64 entry, int level)
{
	return level == 1 || (entry & EPT_PS);
}

static inline u64 *table_of(u64 entry)
{
	return __va(entry & EPT_ADDR);
}

/* A zeroed table, in a list.  May sleep; NULL: no memory. */
static u64 *table_alloc(struct list_head *list)
{
	u64 *table = (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT);

	if (table) {
		memset64(table, 0, EPT_ENTRIES);
		list_add(&virt_to_page(table)->lru, list);
		mvm_live_inc();
	}
	return table;
}

static void tables_free(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		__free_page(page);
		mvm_live_dec();
	}
}

/* SDM 3, 25.6.11: write-back tables, walk length 4 - 1, A/D bits. */
static u64 ept_pointer(const u64 *root)
{
	return __pa(root) | 6 | (EPT_LEVELS - 1) << 3 | (vmx_caps.ept_ad ? 1 << 6 : 0);
}

/* mmu_lock held.  A zeroed table: one that was cut off, or a spare one; NULL: there is none. */
static u64 *table_take(struct ept *ept, struct list_head *spare)
{
	struct page *page;

	page = list_first_entry_or_null(spare, struct page, lru);
	if (!page) {
		page = list_first_entry_or_null(&ept->dead, struct page, lru);
		if (!page)
			return NULL;
		memset64(page_address(page), 0, EPT_ENTRIES);
	}
	list_move(&page->lru, &ept->tables);
	return page_address(page);
}

/* The same memory with the same permissions in 4 KiB leaves: no processor has to hear of it. */
static void split(u64 *table, u64 leaf)
{
	unsigned int i;

	for (i = 0; i < EPT_ENTRIES; i++)
		table[i] = (leaf & ~EPT_PS) + ((u64)i << PAGE_SHIFT);
}

/*
 * mmu_lock held.  The entry of gfn at level; missing tables above it come from spare.  NULL: *need
 * more of them are needed.
 */
static u64 *reach(struct ept *ept, struct ept_view *view, u64 gfn, int level,
		  struct list_head *spare, int *need)
{
	u64 *table = view->root;
	int l;

	for (l = EPT_LEVELS; l > level; l--) {
		u64 *entry = entry_of(table, gfn, l);
		u64 old = *entry;

		if (likely(old && !is_leaf(old, l))) {
			table = table_of(old);
			continue;
		}
		table = table_take(ept, spare);
		if (!table) {
			*need = l - level;
			return NULL;
		}
		if (old)
			split(table, old);
		smp_wmb();	/* the processor walks as soon as it is linked */
		WRITE_ONCE(*entry, __pa(table) | EPT_RWX);
	}
	return entry_of(table, gfn, level);
}

/* mmu_lock held.  A table that nothing points to any more, and all below it. */
static void bury(struct ept *ept, u64 *table, int level)
{
	unsigned int i;

	for (i = 0; level > 1 && i < EPT_ENTRIES; i++) {
		if (table[i] && !is_leaf(table[i], level))
			bury(ept, table_of(table[i]), level - 1);
	}
	list_move(&virt_to_page(table)->lru, &ept->dead);
}

/* mmu_lock held.  Writes the leaf that map asks for; flushes where one with another frame was. */
static void set_leaf(struct mvm_vm *vm, u64 *entry, const struct mvm_map *map, int level)
{
	struct ept *ept = vm->mmu_data;
	u64 old = *entry, new = map->prot | EPT_LEAF_TYPE;
	bool moved;

	new |= level == 1 ? map->pfn << PAGE_SHIFT :
			    (map->pfn & ~(EPT_ENTRIES - 1ULL)) << PAGE_SHIFT | EPT_PS;
	if (vmx_caps.ept_ad)
		new |= EPT_A | (map->write ? EPT_D : 0);
	/* What another vCPU was given since then still holds: see mmu.h. */
	moved = old && (!is_leaf(old, level) || ((old ^ new) & EPT_ADDR));
	if (!moved)
		new |= old & EPT_RWX;
	WRITE_ONCE(*entry, new);
	if (unlikely(moved)) {
		if (!is_leaf(old, level))
			bury(ept, table_of(old), level - 1);
		mvm_ledger_owe(vm);
		mvm_flush_vm(vm);
	}
}

/* How large a leaf for map may be in this view. */
static int leaf_level(const struct ept_view *view, const struct mvm_map *map)
{
	u64 first = map->gfn & ~(EPT_ENTRIES - 1ULL);

	if (!IS_ENABLED(CONFIG_KMOD_HUGE) || map->level < 2 || !vmx_caps.ept_2m)
		return 1;
	return view->hide < first + EPT_ENTRIES && first < view->hide_end ? 1 : 2;
}

/*
 * mmu_lock held.  The leaves behind entry, up to the next multiple of AROUND, as far as they are
 * empty and the host has their pages at hand: who touches one page mostly touches the next, and an
 * exit costs ten times a leaf.  They look untouched, which they are.
 */
static unsigned int map_around(struct mvm_vm *vm, const struct ept_view *view, u64 *entry,
			       const struct mvm_map *map, struct page **pages)
{
	unsigned int i, n, max = AROUND - 1 - (map->gfn & (AROUND - 1));

	if (view->hide != view->hide_end)
		return 0;
	for (n = 0; n < max && !entry[1 + n]; n++)
		;
	if (!n)
		return 0;
	n = mvm_map_more(vm, map, n, pages);
	for (i = 0; i < n; i++)
		WRITE_ONCE(entry[1 + i], (u64)page_to_pfn(pages[i]) << PAGE_SHIFT | map->prot |
					 EPT_LEAF_TYPE);
	return n;
}

static int try_map(struct mvm_vcpu *vcpu, struct ept_view *view, struct mvm_map *map,
		   struct list_head *spare, int *need)
{
	struct mvm_vm *vm = vcpu->vm;
	int level = leaf_level(view, map);
	struct page *more[AROUND - 1];
	unsigned int nmore = 0;
	int err = -EAGAIN;
	u64 *entry;

	spin_lock(&vm->mmu_lock);
	mvm_ledger_settled(vm);
	if (unlikely(map->gfn - view->hide < view->hide_end - view->hide)) {
		err = -EFAULT;
	} else if (likely(!mvm_map_stale(vm, map))) {
		entry = reach(vm->mmu_data, view, map->gfn, level, spare, need);
		err = -ENOSPC;
		if (entry) {
			set_leaf(vm, entry, map, level);
			if (level == 1)
				nmore = map_around(vm, view, entry, map, more);
			err = 0;
		}
	}
	spin_unlock(&vm->mmu_lock);
	mvm_map_more_put(map, more, nmore);
	return err;
}

/* 0, -EAGAIN: map is stale, -EFAULT: the view lacks the frame, -ENOMEM. */
static int map_frame(struct mvm_vcpu *vcpu, struct ept_view *view, struct mvm_map *map)
{
	LIST_HEAD(spare);
	int need = 0, err;

	while (unlikely((err = try_map(vcpu, view, map, &spare, &need)) == -ENOSPC)) {
		for (; need; need--) {
			if (!table_alloc(&spare)) {
				err = -ENOMEM;
				goto out;
			}
		}
	}
	if (!err)
		mvm_count(vcpu, fills);
out:
	tables_free(&spare);
	return err;
}

static struct ept_view *current_view(struct mvm_vcpu *vcpu)
{
	struct ept *ept = vcpu->vm->mmu_data;

	return IS_ENABLED(CONFIG_KMOD_VMFUNC) ? ept_view_current(vcpu, ept) : &ept->view[0];
}

static int no_memory(struct mvm_vcpu *vcpu, u64 gpa)
{
	vcpu->fault_gpa = gpa;
	return MVM_FAULT_NOMEM;
}

static int ept_fault(struct mvm_vcpu *vcpu, u64 gpa, u32 code)
{
	struct ept_view *view = current_view(vcpu);
	u64 gfn = gpa >> PAGE_SHIFT;
	struct mvm_map map;
	int err;

	do {
		err = mvm_map_get(vcpu->vm, gfn, code & MVM_FAULT_W, &map);
		if (unlikely(err))
			return err == -EFAULT ? no_memory(vcpu, gpa) : err;
		if (unlikely((code & MVM_FAULT_I) && !(map.prot & MVM_PROT_X)))
			err = -EFAULT;
		else
			err = map_frame(vcpu, view, &map);
		mvm_map_put(&map);
	} while (unlikely(err == -EAGAIN));
	if (err == -EFAULT)
		return no_memory(vcpu, gpa);
	return err ? err : MVM_FAULT_RETRY;
}

/* A leaf; whole: all of it is in the range.  Whether op found something, see range(). */
static bool change_leaf(u64 *entry, bool whole, enum ept_op op)
{
	u64 old = *entry;
	bool young;

	switch (op) {
	case EPT_PROTECT:
		if ((old & EPT_RWX) && !(old & EPT_W))
			return false;
		if (whole && (old & EPT_RWX)) {
			WRITE_ONCE(*entry, old & ~EPT_W);
			return true;
		}
		fallthrough;
	case EPT_ZAP:
		WRITE_ONCE(*entry, 0);
		return true;
	case EPT_AGE:
	case EPT_TEST:
		young = vmx_caps.ept_ad ? old & EPT_A : old & EPT_RWX;
		if (young && op == EPT_AGE)
			WRITE_ONCE(*entry, old & ~(vmx_caps.ept_ad ? EPT_A : EPT_RWX));
		return young;
	}
	return false;
}

/*
 * mmu_lock held.  Does op to every leaf of [gfn, end) below table.  Whether there was a leaf to zap
 * or to protect, or a young one.  A large leaf of which only a part is meant goes as a whole: what
 * of it stays is mapped again by a fault.
 */
static bool range(struct ept *ept, u64 *table, int level, u64 gfn, u64 end, enum ept_op op)
{
	u64 span = 1ULL << 9 * (level - 1);
	bool found = false;
	u64 next;

	for (; gfn < end; gfn = next) {
		u64 *entry = entry_of(table, gfn, level);
		u64 old = *entry;
		bool whole;

		next = min(end, (gfn | (span - 1)) + 1);
		if (!old)
			continue;
		whole = next - gfn == span;
		if (is_leaf(old, level)) {
			found |= change_leaf(entry, whole, op);
		} else if (whole && op == EPT_ZAP) {
			WRITE_ONCE(*entry, 0);
			bury(ept, table_of(old), level - 1);
			found = true;
		} else {
			found |= range(ept, table_of(old), level - 1, gfn, next, op);
		}
	}
	return found;
}

static bool all_views(struct mvm_vm *vm, u64 gfn, u64 end, enum ept_op op)
{
	struct ept *ept = vm->mmu_data;
	bool found = false;
	unsigned int i;

	end = min(end, EPT_GFNS);
	for (i = 0; i < EPT_VIEWS; i++)
		found |= range(ept, ept->view[i].root, EPT_LEVELS, gfn, end, op);
	if (found && op <= EPT_PROTECT)
		mvm_ledger_owe(vm);
	return found;
}

static bool ept_zap(struct mvm_vm *vm, u64 gfn, u64 end)
{
	return all_views(vm, gfn, end, EPT_ZAP);
}

static bool ept_protect(struct mvm_vm *vm, u64 gfn, u64 end)
{
	return all_views(vm, gfn, end, EPT_PROTECT);
}

static bool ept_age(struct mvm_vm *vm, u64 gfn, u64 end, bool test_only)
{
	return all_views(vm, gfn, end, test_only ? EPT_TEST : EPT_AGE);
}

static int ept_load(struct mvm_vcpu *vcpu)
{
	struct ept *ept = vcpu->vm->mmu_data;

	if (IS_ENABLED(CONFIG_KMOD_VMFUNC))
		ept_view_load(vcpu, ept);
	/* Once for a vCPU, or again after a reset: the guest may be in any view by now. */
	vmx_set_eptp(vcpu, ept->view[0].eptp);
	vcpu->root_fixed = true;
	return 0;
}

static void ept_vm_destroy(struct mvm_vm *vm)
{
	struct ept *ept = vm->mmu_data;

	tables_free(&ept->tables);
	tables_free(&ept->dead);
	kfree(ept);
	vm->mmu_data = NULL;
}

static int ept_vm_init(struct mvm_vm *vm)
{
	struct ept *ept = kzalloc(sizeof(*ept), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	BUILD_BUG_ON(MVM_PROT_R != 1 || MVM_PROT_W != EPT_W || MVM_PROT_X != 4);
	if (!ept)
		return -ENOMEM;
	vm->mmu_data = ept;
	INIT_LIST_HEAD(&ept->tables);
	INIT_LIST_HEAD(&ept->dead);
	for (i = 0; i < EPT_VIEWS; i++) {
		u64 *root = table_alloc(&ept->tables);

		if (!root)
			goto no_memory;
		ept->view[i].root = root;
		ept->view[i].eptp = ept_pointer(root);
	}
	if (IS_ENABLED(CONFIG_KMOD_VMFUNC)) {
		ept->list = table_alloc(&ept->tables);
		if (!ept->list)
			goto no_memory;
		ept->list[0] = ept->view[0].eptp;
	}
	return 0;

no_memory:
	ept_vm_destroy(vm);
	return -ENOMEM;
}

const struct mvm_mmu_ops mvm_ept_ops = {
	.name = "EPT",
	.engine = 1,
	.vm_init = ept_vm_init,
	.vm_destroy = ept_vm_destroy,
	.fault = ept_fault,
	.zap = ept_zap,
	.protect = ept_protect,
	.age = ept_age,
	.load = ept_load,
};
