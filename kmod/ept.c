/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EPT engine: guest-physical to host-physical by the processor's second-level tables (SDM 3,
 * chapter 29).  Which frame a GPA is, and what the guest may do there, says map.c.
 *
 * Entries change under mmu_lock, by plain writes.  The processor sets A and D in them meanwhile,
 * and a write may lose such a bit: a page counts as dirty from when it is mapped writable (map.c)
 * and an A bit lost is a page that looks older than it is.
 *
 * VMFUNC leaf 0 (SDM 3, 26.5.6) changes to another view of the memory without an exit.  Each view
 * has tables of its own; faults, the notifier and the slots do to all of them what they do to view
 * 0, but for the frames that they hide.
 *
 * Without A/D bits a leaf is young as long as it is there, and gets old by being zapped.
 */
#include "vmx_int.h"

#define EPT_RWX		7ULL		/* MVM_PROT_*, bit for bit */
#define EPT_W		2ULL
#define EPT_LEAF_TYPE	(6ULL << 3 | 1ULL << 6)	/* write-back, whatever the guest's PAT says */
#define EPT_PS		(1ULL << 7)	/* leaf of 2 MiB, at level 2 */
#define EPT_A		(1ULL << 8)
#define EPT_D		(1ULL << 9)
#define EPT_ADDR	0x000ffffffffff000ULL
#define EPT_LEVELS	4
#define EPT_ENTRIES	512

/* View 0 is all of the VM's memory; the others are MVM_SET_VIEW's. */
#define EPT_VIEWS	(IS_ENABLED(CONFIG_KMOD_VMFUNC) ? 8 : 1)
#define VMFUNC_EPTP_SWITCHING	1	/* bit 0 of the VM-function controls */

struct ept_view {
	u64 *root;			/* the table of level 4 */
	u64 eptp;			/* the root as the VMCS wants it */
	u64 hide, hide_end;		/* frames that this view lacks */
};

/* mmu_data of a VM.  Changed under mmu_lock. */
struct ept {
	struct list_head tables;	/* all tables of all views, and list, by page->lru */
	/*
	 * Tables that are new or were cut off.  Whoever cuts one flushes before he gives mmu_lock
	 * back, so the next holder of the lock may use it again: no processor walks it any more.
	 */
	struct list_head spare;
	struct ept_view view[EPT_VIEWS];
	u64 *list;			/* page of EPTPs for VMFUNC: views that were set */
};

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

static void tables_free(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		__free_page(page);
		mvm_live_dec();
	}
}

/* May sleep. */
static int add_spare(struct mvm_vm *vm)
{
	struct ept *ept = vm->mmu_data;
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (!page)
		return -ENOMEM;
	mvm_live_inc();
	spin_lock(&vm->mmu_lock);
	list_add(&page->lru, &ept->spare);
	spin_unlock(&vm->mmu_lock);
	return 0;
}

/* mmu_lock held.  A zeroed table; NULL: no one is spare. */
static u64 *table_take(struct ept *ept)
{
	struct page *page = list_first_entry_or_null(&ept->spare, struct page, lru);

	if (!page)
		return NULL;
	list_move(&page->lru, &ept->tables);
	return memset64(page_address(page), 0, EPT_ENTRIES);
}

/* mmu_lock held.  The table that entry points to is cut off; there is none below it. */
static void table_drop(struct ept *ept, u64 *entry)
{
	list_move(&virt_to_page(table_of(*entry))->lru, &ept->spare);
	WRITE_ONCE(*entry, 0);
}

/* mmu_lock held.  The entry of gfn at level; NULL: a table above it is missing, none is spare. */
static u64 *reach(struct ept *ept, struct ept_view *view, u64 gfn, int level)
{
	u64 *table = view->root;
	int l, i;

	for (l = EPT_LEVELS; l > level; l--) {
		u64 *entry = entry_of(table, gfn, l);
		u64 old = *entry;

		if (likely(old && !is_leaf(old, l))) {
			table = table_of(old);
			continue;
		}
		table = table_take(ept);
		if (!table)
			return NULL;
		/* The same memory and permissions in 4 KiB leaves: no processor has to hear. */
		for (i = 0; old && i < EPT_ENTRIES; i++)
			table[i] = (old & ~EPT_PS) + ((u64)i << PAGE_SHIFT);
		smp_wmb();	/* the processor walks as soon as it is linked */
		WRITE_ONCE(*entry, __pa(table) | EPT_RWX);
	}
	return entry_of(table, gfn, level);
}

/* mmu_lock held.  Writes the leaf that map asks for; flushes where one with another frame was. */
static void set_leaf(struct mvm_vm *vm, u64 *entry, const struct mvm_map *map, int level)
{
	/* Without A/D bits the processor ignores these two. */
	u64 old = *entry, new = map->prot | EPT_LEAF_TYPE | EPT_A | (map->write ? EPT_D : 0);
	bool moved;

	new |= level == 1 ? map->pfn << PAGE_SHIFT :
			    (map->pfn & ~(EPT_ENTRIES - 1ULL)) << PAGE_SHIFT | EPT_PS;
	/* What another vCPU was given since then still holds. */
	moved = old && (!is_leaf(old, level) || ((old ^ new) & EPT_ADDR));
	if (!moved)
		new |= old & EPT_RWX;
	else if (!is_leaf(old, level))
		table_drop(vm->mmu_data, entry);
	WRITE_ONCE(*entry, new);
	if (unlikely(moved)) {
		mvm_ledger_owe(vm);
		mvm_flush_vm(vm);
	}
}

static bool hides(const struct ept_view *view, u64 gfn, u64 n)
{
	return view->hide < gfn + n && gfn < view->hide_end;
}

/*
 * mmu_lock held.  -EAGAIN: map is stale, -EFAULT: the view lacks the frame, or it may not be
 * executed, -ENOSPC: no table is spare.
 */
static int map_frame(struct mvm_vm *vm, struct ept_view *view, struct mvm_map *map, u32 code)
{
	int level = map->level == 2 && vmx_caps.ept_2m &&
		    !hides(view, map->gfn & ~(EPT_ENTRIES - 1ULL), EPT_ENTRIES) ? 2 : 1;
	unsigned int i;
	u64 *entry;

	if (unlikely(hides(view, map->gfn, 1) ||
		     ((code & MVM_FAULT_I) && !(map->prot & MVM_PROT_X))))
		return -EFAULT;
	if (unlikely(mvm_map_stale(vm, map)))
		return -EAGAIN;
	entry = reach(vm->mmu_data, view, map->gfn, level);
	if (unlikely(!entry))
		return -ENOSPC;
	set_leaf(vm, entry, map, level);
	if (level == 2 || hides(view, map->gfn, map->npages))
		return 0;
	/*
	 * Those behind it, as far as they are empty and the host had their pages at hand: who
	 * touches one page mostly touches the next, and an exit costs ten times a leaf.
	 */
	for (i = 1; i < map->npages && !entry[i]; i++)
		WRITE_ONCE(entry[i], (u64)page_to_pfn(map->page[i]) << PAGE_SHIFT | map->prot |
				     EPT_LEAF_TYPE);
	return 0;
}

/* VMFUNC leaves the EPTP in the VMCS. */
static struct ept_view *current_view(struct ept *ept)
{
	u64 eptp = EPT_VIEWS > 1 ? vmcs_read(EPT_POINTER) : 0;
	unsigned int i;

	for (i = EPT_VIEWS - 1; i > 0 && ept->view[i].eptp != eptp; i--)
		;
	return &ept->view[i];
}

static int ept_fault(struct mvm_vcpu *vcpu, u64 gpa, u32 code)
{
	struct ept_view *view = current_view(vcpu->vm->mmu_data);
	struct mvm_map map;
	int err;

	do {
		err = mvm_map_get(vcpu->vm, gpa >> PAGE_SHIFT, code & MVM_FAULT_W, &map);
		if (unlikely(err))
			return err;
		spin_lock(&vcpu->vm->mmu_lock);
		err = map_frame(vcpu->vm, view, &map, code);
		spin_unlock(&vcpu->vm->mmu_lock);
		mvm_map_put(&map);
		if (unlikely(err == -ENOSPC))
			err = add_spare(vcpu->vm) ?: -EAGAIN;
	} while (unlikely(err == -EAGAIN));
	if (!err)
		mvm_count(vcpu, fills);
	return err;
}

/* A leaf; whole: all of it is in the range.  Whether op found something, see range(). */
static bool change_leaf(u64 *entry, bool whole, enum mvm_op op)
{
	u64 old = *entry, bit = 0;	/* what of it op is about; 0: all */

	if (op == MVM_PROTECT)
		bit = EPT_W;
	else if (op != MVM_ZAP && vmx_caps.ept_ad)
		bit = EPT_A;
	if (bit && !(old & bit))
		return false;
	if (op != MVM_TEST)
		WRITE_ONCE(*entry, bit && (whole || op == MVM_AGE) ? old & ~bit : 0);
	return true;
}

/*
 * mmu_lock held.  Does op to every leaf of [gfn, end) below table.  Whether there was a leaf to zap
 * or to protect, or a young one.  A large leaf of which only a part is meant goes as a whole: what
 * of it stays is mapped again by a fault.
 */
static bool range(struct ept *ept, u64 *table, int level, u64 gfn, u64 end, enum mvm_op op)
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
		} else if (whole && op == MVM_ZAP) {
			if (level > 2)
				range(ept, table_of(old), level - 1, gfn, next, op);
			table_drop(ept, entry);
			found = true;
		} else {
			found |= range(ept, table_of(old), level - 1, gfn, next, op);
		}
	}
	return found;
}

static bool ept_change(struct mvm_vm *vm, u64 gfn, u64 end, enum mvm_op op)
{
	struct ept *ept = vm->mmu_data;
	bool found = false;
	unsigned int i;

	end = min(end, 1ULL << 9 * EPT_LEVELS);	/* frames that four levels can name */
	for (i = 0; i < EPT_VIEWS; i++)
		found |= range(ept, ept->view[i].root, EPT_LEVELS, gfn, end, op);
	if (found && op != MVM_TEST)
		mvm_ledger_owe(vm);
	return found;
}

static int ept_load(struct mvm_vcpu *vcpu)
{
	struct ept *ept = vcpu->vm->mmu_data;

	if (EPT_VIEWS > 1 && vmx_caps.vmfunc) {
		vmcs_write(VM_FUNCTION_CONTROL, VMFUNC_EPTP_SWITCHING);
		vmcs_write(EPTP_LIST_ADDRESS, __pa(ept->list));
	}
	/* Once for a vCPU, or again after a reset: the guest may be in any view by now. */
	vmx_set_root(vcpu, ept->view[0].eptp);
	vcpu->root_fixed = true;
	return 0;
}

static int ept_vm_init(struct mvm_vm *vm)
{
	struct ept *ept = kzalloc(sizeof(*ept), GFP_KERNEL_ACCOUNT);
	struct ept_view *view;

	BUILD_BUG_ON(MVM_PROT_R != 1 || MVM_PROT_W != EPT_W || MVM_PROT_X != 4);
	if (!ept)
		return -ENOMEM;
	INIT_LIST_HEAD(&ept->tables);
	INIT_LIST_HEAD(&ept->spare);
	vm->mmu_data = ept;
	for (view = ept->view; view < ept->view + EPT_VIEWS; view++) {
		if (add_spare(vm))
			return -ENOMEM;
		view->root = table_take(ept);
		/* SDM 3, 25.6.11: write-back tables, walk length 4 - 1, A/D bits. */
		view->eptp = __pa(view->root) | 6 | (EPT_LEVELS - 1) << 3 | vmx_caps.ept_ad << 6;
	}
	if (EPT_VIEWS > 1) {
		if (add_spare(vm))
			return -ENOMEM;
		ept->list = table_take(ept);
	}
	return 0;
}

static void ept_vm_destroy(struct mvm_vm *vm)
{
	struct ept *ept = vm->mmu_data;

	tables_free(&ept->tables);
	tables_free(&ept->spare);
	kfree(ept);
}

long mvm_view_set(struct mvm_vm *vm, const struct mvm_view *args)
{
	struct ept *ept = vm->mmu_data;
	struct ept_view *view;

	if (mvm_check_extension(MVM_CAP_VMFUNC) <= 0)
		return -ENOTTY;
	if (!args->index || args->index >= EPT_VIEWS || args->pad ||
	    !PAGE_ALIGNED(args->hide_gpa | args->hide_size) ||
	    args->hide_gpa + args->hide_size < args->hide_gpa)
		return -EINVAL;
	view = &ept->view[args->index];
	spin_lock(&vm->mmu_lock);
	view->hide = args->hide_gpa >> PAGE_SHIFT;
	view->hide_end = view->hide + (args->hide_size >> PAGE_SHIFT);
	/* Nothing that a fault is about to map may go into a view that has changed. */
	mvm_zap(vm, view->hide, view->hide_end - view->hide);
	/* An EPTP that is not in the list yet is one that the processor refuses. */
	WRITE_ONCE(ept->list[0], ept->view[0].eptp);
	WRITE_ONCE(ept->list[args->index], view->eptp);
	spin_unlock(&vm->mmu_lock);
	return 0;
}

const struct mvm_mmu_ops mvm_ept_ops = {
	.name = "EPT",
	.engine = 1,
	.around = MVM_MAP_PAGES,
	.vm_init = ept_vm_init,
	.vm_destroy = ept_vm_destroy,
	.fault = ept_fault,
	.change = ept_change,
	.load = ept_load,
};
