/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vMMU's own: shadow pages, how they hang together, and what its files do for each other.
 *
 * A shadow page stands for a guest table (gfn) read in a certain way (role); it is shared by
 * every path and root that leads to it.  Its leaves map guest frames to host frames; the other
 * entries point to shadow pages.  The rights of a whole path are applied at its leaf: the entries
 * above permit everything, and a page's role has the rights of the entries above it.
 *
 * What the guest may rely on (SDM 3, 4.10): a processor uses a translation as the tables had
 * it at some moment after the last flush of it.  The vMMU keeps this as follows.
 *
 *  1. A page is in sync, or unsync.  While it is in sync, no processor has a writable translation
 *     of the guest's table, so that each present entry equals the guest's.
 *  2. A write to such a table faults.  The fault makes all shadow pages of this table unsync and
 *     the table writable; the guest's instruction is then retried and succeeds, whatever it wrote
 *     to and on whatever level: no instruction is emulated, and an instruction that writes to a
 *     table of its own path does not loop.
 *  3. Every load of CR3 and every flush (other than INVLPG, below) makes all unsync pages of the
 *     VM equal to the guest's tables again: write-protected first, processors flushed, then each
 *     present entry compared and dropped when it differs.  Thus all entries that a vCPU reaches are
 *     no older than its last flush.  That more than the asked for is flushed (also with bit 63 of
 *     CR3, also global entries) is always permitted; in exchange a root needs no PCID.
 *  4. An entry is written only with the value that the guest's table has at that moment.  When it
 *     leads to a page that is there already and any page of the VM is unsync, step 3 comes first:
 *     otherwise a path could join an entry above with older ones below that the guest had
 *     changed before it made the entry above.
 *  5. INVLPG drops all that is cached of the entries above leaves, but of leaves only its own.
 *     So while no page above level 1 is unsync, it is enough to compare the one leaf.
 *
 * Progress: only 3 and 4 take a write permission back or drop an entry; 3 happens between
 * instructions, 4 at most once for each new link of a path, and an instruction has few paths.
 */
#ifndef MVM_VMMU_INT_H
#define MVM_VMMU_INT_H

/*
 * The test on the host, tests/vmmu, has a vmmu_host.h that provides what the vMMU needs of the
 * kernel and of the module, by the same names, so that the very same files run there.
 */
#ifdef __KERNEL__
#include "vmx.h"
#include <linux/hashtable.h>
#else
#include "vmmu_host.h"
#endif

#define VMMU_MAX_PAGES	1024		/* of a VM: about 16 MiB, 2 GiB mapped by 4 KiB pages */
#define VMMU_CACHE	3		/* pages that one fill may need */

/* Entries, guest's and shadow's alike (SDM 3, 4.5). */
#define PT_P		(1ULL << 0)
#define PT_W		(1ULL << 1)
#define PT_U		(1ULL << 2)
#define PT_A		(1ULL << 5)
#define PT_D		(1ULL << 6)
#define PT_PS		(1ULL << 7)
#define PT_NX		(1ULL << 63)
#define PT_ADDR		0x000ffffffffff000ULL

/* A role: level, the rights of the entries above, and the modes that change what entries mean. */
#define ROLE_LEVEL	0x007
#define ROLE_W		0x008
#define ROLE_U		0x010
#define ROLE_X		0x020
#define ROLE_RIGHTS	(ROLE_W | ROLE_U | ROLE_X)
#define ROLE_DIRECT	0x040		/* part of a large page: gfn is its first frame */
#define ROLE_D		0x080		/* of a direct page: the large page's entry is dirty */
#define ROLE_WP		0x100		/* CR0.WP */
#define ROLE_SMEP	0x200		/* CR4.SMEP, */
#define ROLE_SMAP	0x400		/* SMAP */
#define ROLE_NXE	0x800		/* EFER.NXE */
#define ROLE_1G		0x1000		/* the guest's CPUID has 1 GiB pages */
#define ROLE_MAXPA	0x3f0000	/* and its physical-address width */
#define ROLE_MAXPA_SHIFT 16
#define ROLE_MODE	(ROLE_WP | ROLE_SMEP | ROLE_SMAP | ROLE_NXE | ROLE_1G | ROLE_MAXPA)

/* What is known of an entry besides the shadow entry, while that is present. */
struct vmmu_entry {
	/* The guest's, as it was read.  In direct pages, where there is none: its frame. */
	u64 gpte;
	/* A leaf: in vmmu.leaf_hash, by its frame; another: in the parents of the page below. */
	struct hlist_node link;
};

/* Aligned to its size, 16 KiB; page_private() of its first frame is the struct vmmu_page. */
struct vmmu_table {
	u64 spte[512];			/* what the processor reads */
	struct vmmu_entry entry[512];
};

struct vmmu_page {
	struct vmmu_table *table;
	u64 gfn;
	u32 role;
	unsigned int users;		/* of a root: vCPUs that use it now */
	DECLARE_BITMAP(present, 512);
	struct hlist_head parents;	/* the entries that point here */
	struct hlist_node hash;
	struct list_head list;		/* in vmmu.pages or vmmu.doomed */
	struct list_head unsync;	/* in vmmu.unsync; empty: in sync */
};

struct vmmu {
	struct mvm_vm *vm;
	DECLARE_HASHTABLE(page_hash, 8);	/* pages by gfn */
	DECLARE_HASHTABLE(leaf_hash, 10);	/* entries that are leaves, by gfn */
	struct list_head pages;			/* roots first, of these the last used first */
	struct list_head unsync;
	struct list_head doomed;		/* out of use, processors may still know them */
	unsigned int npages, budget;		/* doomed ones included */
	unsigned int nentries;			/* of all pages */
	unsigned int nkept;			/* roots without users, at most vmmu_roots */
	/*
	 * An entry or a page went, or a leaf lost rights, since all processors were flushed: a
	 * translation that is to become unwritable or to go may still be in a TLB although no entry
	 * says so.
	 */
	bool stale;
};

/* A vCPU's part. */
struct vmmu_cpu {
	struct vmmu_page *root;			/* for the registers in regs; NULL: prepare */
	bool reload;				/* user space changed registers */
	u32 cpuid_role;				/* what the guest's CPUID decides of a role */
	u64 spurious, spurious_rip;		/* last fault with nothing to do: its page, +1 */
	struct vmmu_page *cache[VMMU_CACHE];
	unsigned int ncache;
};

/* A walk of the guest's tables. */
struct vmmu_walk {
	u64 gva;
	u64 gpte[5];			/* by level, down to the leaf's */
	u64 gpa[5];			/* where they are */
	u32 rights[5];			/* ROLE_RIGHTS of all entries above this level; 0: of all */
	int level;			/* of the leaf */
	u64 gfn;			/* of gva */
};

static inline int role_level(u32 role)
{
	return role & ROLE_LEVEL;
}

static inline unsigned int pt_index(u64 gva, int level)
{
	return gva >> (12 + 9 * (level - 1)) & 511;
}

static inline u64 level_pages(int level)
{
	return 1ULL << (9 * (level - 1));
}

/* The page that an entry points to; NULL: none, or a leaf. */
static inline struct vmmu_page *entry_child(const struct vmmu_page *sp, unsigned int idx)
{
	u64 spte = sp->table->spte[idx];

	if (!(spte & PT_P) || spte & PT_PS || role_level(sp->role) == 1)
		return NULL;
	return (struct vmmu_page *)page_private(pfn_to_page((spte & PT_ADDR) >> 12));
}

/*
 * vmmu_walk.c.  No lock held, may sleep.  Reads the guest's tables for an access of kind code
 * (MVM_FAULT_*) and, where it is permitted, sets accessed and dirty bits: 0.  VMMU_QUEUED: the
 * #PF is queued; -EFAULT: no memory there; -EAGAIN: an entry changed meanwhile.
 */
#define VMMU_QUEUED	1
int vmmu_walk(struct mvm_vcpu *vcpu, u64 gva, u32 code, struct vmmu_walk *walk);
int vmmu_guest_fault(struct mvm_vcpu *vcpu, u64 gva, u32 error);

/* vmmu_page.c.  All but topup hold mmu_lock. */
extern unsigned int vmmu_roots;
int vmmu_topup(struct vmmu_cpu *cpu);		/* fills the cache; -ENOMEM */
struct vmmu_page *vmmu_page_find(struct vmmu *mmu, u64 gfn, u32 role);
/* A new page from the cache; write-protects its table, everywhere, on return. */
struct vmmu_page *vmmu_page_new(struct mvm_vcpu *vcpu, u64 gfn, u32 role);
/* Whether any frame of this 2 MiB is a shadowed table. */
bool vmmu_region_shadowed(struct vmmu *mmu, u64 gfn);
/* Whether a leaf may make frame gfn writable.  A write makes a table of the guest's unsync. */
bool vmmu_writable(struct vmmu *mmu, u64 gfn, bool write);
/* Make an entry; another one that is there is dropped.  leaf: false when it was so already. */
void vmmu_entry_link(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx,
		     struct vmmu_page *child, u64 gpte);
bool vmmu_entry_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 spte, u64 gpte);
void vmmu_sync_all(struct vmmu *mmu);
void vmmu_sync_gva(struct mvm_vcpu *vcpu, u64 gva);
/* Drops everything, to be reaped: roots in use stay, empty. */
void vmmu_forget(struct vmmu *mmu);
/* Room for one fill within the budget. */
void vmmu_make_room(struct vmmu *mmu);
void vmmu_root_put(struct vmmu *mmu, struct vmmu_page *sp);
/* Frees the doomed, after a flush of all processors. */
void vmmu_reap(struct vmmu *mmu);

/* As mvm_mmu_ops: vmmu_page.c, */
int vmmu_vm_init(struct mvm_vm *vm);
void vmmu_vm_destroy(struct mvm_vm *vm);
bool vmmu_change(struct mvm_vm *vm, u64 gfn, u64 end, enum mvm_op op);
int vmmu_vcpu_init(struct mvm_vcpu *vcpu);
void vmmu_vcpu_destroy(struct mvm_vcpu *vcpu);
/* and vmmu_fill.c. */
int vmmu_fault(struct mvm_vcpu *vcpu, u64 gva, u32 code);
int vmmu_load(struct mvm_vcpu *vcpu);
int vmmu_switch(struct mvm_vcpu *vcpu);		/* prepare */
void vmmu_cr_changed(struct mvm_vcpu *vcpu, enum mvm_cr cr);
void vmmu_invlpg(struct mvm_vcpu *vcpu, u64 gva);

#endif
