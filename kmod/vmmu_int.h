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

#include "vmmu_port.h"

#define VMMU_MAX_PAGES	1024		/* of a VM: about 12 MiB, 2 GiB mapped by 4 KiB pages */
#define VMMU_CACHE	5		/* pages that one fill may need, one more than levels */
#define VMMU_GFN_HEADS	1024
#define VMMU_PAGE_HEADS	256

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
#define ROLE_SMEP	0x200
#define ROLE_SMAP	0x400
#define ROLE_NXE	0x800
#define ROLE_1G		0x1000		/* the guest's CPUID has 1 GiB pages */
#define ROLE_MAXPA	0x3f0000	/* and its physical-address width */
#define ROLE_MAXPA_SHIFT 16
#define ROLE_MODE	(ROLE_WP | ROLE_SMEP | ROLE_SMAP | ROLE_NXE | ROLE_1G | ROLE_MAXPA)

/*
 * What is known of a page's entries besides the shadow entry; meaningful where that is present.
 * next and prev chain the entry: a leaf with the other leaves of its frame's hash, another with
 * those that point to the same page.  An entry is named by its page's id * 512 + index + 1.
 */
struct vmmu_side {
	u64 gpte[512];			/* the guest's entry, as it was read; not in direct pages */
	u32 next[512], prev[512];	/* 0: none */
};

struct vmmu_page {
	u64 *spt;			/* what the processor reads */
	struct vmmu_side *side;
	u64 gfn;
	u32 role;
	u32 parents;			/* first of the entries that point here */
	u16 id;
	u16 users;			/* roots: vCPUs that use it now */
	bool unsync;
	bool kept;			/* root without users, in vmmu.kept */
	DECLARE_BITMAP(present, 512);
	struct hlist_node hash;
	struct list_head list;		/* in vmmu.pages or vmmu.doomed */
	struct list_head unsync_link;
	struct list_head root_link;	/* roots: in vmmu.used_list or vmmu.kept_list */
};

struct vmmu {
	struct mvm_vm *vm;
	struct vmmu_page *page[VMMU_MAX_PAGES];	/* by id */
	struct hlist_head page_head[VMMU_PAGE_HEADS];	/* by gfn */
	u32 gfn_head[VMMU_GFN_HEADS];		/* leaves by gfn */
	struct list_head pages;
	struct list_head unsync;
	struct list_head doomed;		/* out of use, processors may still know them */
	struct list_head used_list;		/* roots with users */
	struct list_head kept_list;		/* roots without, oldest first */
	unsigned int npages, budget;		/* doomed ones included */
	unsigned int nunsync_upper;		/* unsync pages above level 1 */
	unsigned int nleaves;
	unsigned int nkept, max_kept;
	unsigned int next_id;			/* where to look for a free one */
	/*
	 * A leaf went, or lost rights, since all processors were flushed: one that is to become
	 * unwritable or to go may still be in a TLB although no entry says so.
	 */
	bool stale;
};

/* A vCPU's part. */
struct vmmu_cpu {
	struct vmmu *mmu;
	struct mvm_vcpu *vcpu;
	u64 cr3, cr4, efer, cr0;		/* as root was made for them */
	u32 role;				/* of a root with these */
	u32 cpuid_role;				/* the part that the guest's CPUID decides, */
	const void *cpuid;			/* this one */
	struct vmmu_page *root;			/* NULL: prepare */
	bool reload;				/* vmmu.c: user space changed registers */
	u64 spurious;				/* page of the last fault with nothing to do, +1 */
	struct vmmu_page *cache[VMMU_CACHE];
	unsigned int ncache;
};

/* A walk of the guest's tables. */
struct vmmu_walk {
	u64 gva;
	u64 gpte[5];			/* by level, down to the leaf's */
	u64 gpa[5];			/* where they are */
	int level;			/* of the leaf */
	u32 rights[5];			/* ROLE_RIGHTS of all entries above this level */
	u32 leaf_rights;		/* and of the whole path */
	u64 gfn;			/* of gva */
	u32 error;			/* VMMU_GUEST: the error code of the #PF */
	u64 fault_gpa;			/* VMMU_NOMEM: where no memory is */
};

#define VMMU_OK		0
#define VMMU_GUEST	1
#define VMMU_NOMEM	2
#define VMMU_AGAIN	3

static inline struct hlist_head *page_head(struct vmmu *mmu, u64 gfn)
{
	return &mmu->page_head[(gfn ^ gfn >> 8) % VMMU_PAGE_HEADS];
}

static inline void vmmu_flush_all(struct vmmu *mmu)
{
	mmu->stale = false;
	mvm_flush_vm(mmu->vm);
}

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

static inline bool spte_is_leaf(const struct vmmu_page *sp, unsigned int idx)
{
	return role_level(sp->role) == 1 || sp->spt[idx] & PT_PS;
}

/*
 * vmmu_walk.c.  No lock held, may sleep.  Reads the guest's tables for an access of kind code
 * (MVM_FAULT_*) and, where it is permitted, sets accessed and dirty bits.  VMMU_OK, VMMU_GUEST,
 * VMMU_NOMEM, or -errno.
 */
int vmmu_walk(struct vmmu_cpu *cpu, u64 gva, u32 code, struct vmmu_walk *walk);

/* vmmu_page.c.  All but init, topup and free hold mmu_lock. */
int vmmu_init(struct vmmu *mmu, struct mvm_vm *vm, unsigned int roots);
void vmmu_destroy(struct vmmu *mmu);		/* no vCPU is left; no lock */
int vmmu_topup(struct vmmu_cpu *cpu);		/* fills the cache; -ENOMEM */
void vmmu_drain(struct vmmu_cpu *cpu);
struct vmmu_page *vmmu_page_find(struct vmmu *mmu, u64 gfn, u32 role);
/* A new page from the cache; write-protects its table, everywhere, on return. */
struct vmmu_page *vmmu_page_new(struct vmmu_cpu *cpu, u64 gfn, u32 role);
/* Whether frame gfn is a table that must not be written unseen. */
bool vmmu_gfn_guarded(struct vmmu *mmu, u64 gfn);
/* Whether any frame of this 2 MiB is a shadowed table. */
bool vmmu_region_shadowed(struct vmmu *mmu, u64 gfn);
void vmmu_entry_drop(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx);
void vmmu_entry_link(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx,
		     struct vmmu_page *child, u64 gpte);
/* Makes a leaf; an old entry there is replaced.  False: it was so already. */
bool vmmu_entry_leaf(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx, u64 spte, u64 gpte);
struct vmmu_page *vmmu_entry_child(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx);
void vmmu_page_clear(struct vmmu *mmu, struct vmmu_page *sp);	/* drops all entries */
void vmmu_page_doom(struct vmmu *mmu, struct vmmu_page *sp);
/* Frees the doomed, after a flush of all processors. */
void vmmu_reap(struct vmmu *mmu);
/* Drops everything: roots in use stay, empty. */
void vmmu_forget(struct vmmu *mmu);
/* Room for one fill within the budget. */
void vmmu_make_room(struct vmmu *mmu);
void vmmu_root_get(struct vmmu *mmu, struct vmmu_page *sp);
void vmmu_root_put(struct vmmu *mmu, struct vmmu_page *sp);

/* vmmu_rmap.c, mmu_lock held: leaves by frame.  add and del are vmmu_page.c's. */
u64 vmmu_leaf_gfn(const struct vmmu_page *sp, unsigned int idx);
void vmmu_rmap_add(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx);
void vmmu_rmap_del(struct vmmu *mmu, struct vmmu_page *sp, unsigned int idx);
void vmmu_chain_add(struct vmmu *mmu, u32 *head, struct vmmu_page *sp, unsigned int idx);
void vmmu_chain_del(struct vmmu *mmu, u32 *head, struct vmmu_page *sp, unsigned int idx);
/* As mvm_mmu_ops. */
bool vmmu_zap(struct vmmu *mmu, u64 gfn, u64 end);
bool vmmu_protect(struct vmmu *mmu, u64 gfn, u64 end);
bool vmmu_age(struct vmmu *mmu, u64 gfn, u64 end, bool test_only);

/* vmmu_sync.c, mmu_lock held. */
void vmmu_unsync(struct vmmu *mmu, u64 gfn);	/* table gfn becomes writable */
void vmmu_page_synced(struct vmmu *mmu, struct vmmu_page *sp);
void vmmu_sync_all(struct vmmu *mmu);
void vmmu_sync_gva(struct vmmu_cpu *cpu, u64 gva);

/* vmmu_fill.c, no lock held, may sleep. */
int vmmu_fault(struct vmmu_cpu *cpu, u64 gva, u32 code, u32 *error, u64 *fault_gpa);
/*
 * Makes cpu->root for the control registers given, in sync; -EINVAL: not 4-level long mode,
 * -ENOMEM.  hit: whether the root was there.
 */
int vmmu_switch(struct vmmu_cpu *cpu, u64 cr0, u64 cr3, u64 cr4, u64 efer, bool *hit);
void vmmu_leave(struct vmmu_cpu *cpu);		/* gives the root back */
void vmmu_invlpg(struct vmmu_cpu *cpu, u64 gva);
void vmmu_invpcid(struct vmmu_cpu *cpu);
/* Whether a root made for the registers in cpu is right for these as well. */
bool vmmu_same_mode(const struct vmmu_cpu *cpu, u64 cr0, u64 cr3, u64 cr4, u64 efer);

#endif
