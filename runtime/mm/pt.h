/* SPDX-License-Identifier: MIT */
/*
 * The guest's page tables, edited through the linear map, and the TLB flushes that edits need
 * (Intel SDM volume 3, sections 4.5 and 4.10).
 */
#ifndef MVM_RT_MM_PT_H
#define MVM_RT_MM_PT_H

#include "mm/frames.h"

#define PTE_P		0x001UL
#define PTE_W		0x002UL
#define PTE_U		0x004UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PS		0x080UL		/* in a PDE: a 2 MiB page */
#define PTE_HOME	0x200UL		/* ours: the page lies at its place in the block's frame */
#define PTE_VALID	0x400UL		/* ours: the contents are there, present or not */
#define PTE_FILE	0x800UL		/* ours: of a shared file; D tells whether it changed */
#define PTE_TWIN	(1UL << 52)	/* ours: of a file that is mapped twice (twin.h) */
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define PTE_PERM	(PTE_P | PTE_W | PTE_U | PTE_NX)
#define PTE_RW		(PTE_P | PTE_W | PTE_U | PTE_NX)

/* The permission bits for MVM_PROT_*; 0 for none. */
static inline u64 prot_bits(u32 prot)
{
	if (!prot)
		return 0;
	return PTE_P | PTE_U | (prot & MVM_PROT_WRITE ? PTE_W : 0) |
	       (prot & MVM_PROT_EXEC ? 0 : PTE_NX);
}

/* Does a change from one entry to the other take a right away that a TLB may still hold? */
static inline bool pte_takes(u64 old, u64 new)
{
	return (old & PTE_P) && (old & PTE_A) &&
	       (!(new & PTE_P) || (old & PTE_W && !(new & PTE_W)) ||
		(!(old & PTE_NX) && new & PTE_NX));
}

/* Is nothing behind a directory entry?  It may still hold block.c's memory of what was. */
static inline bool pde_empty(u64 pde)
{
	return !(pde & (PTE_P | PTE_PS));
}

/* Takes over the launcher's tables. */
void pt_init(void);

/*
 * The entry of the page directory for va.  Tables above are made when create; NULL when they
 * are not there (or memory is out).  Directories stay for ever, so the pointer stays good.
 */
u64 *pt_pde(u64 va, bool create);
/* As pt_pde(va, false); without a directory *next is the next address that may have one. */
u64 *pt_pde_next(u64 va, u64 *next);
/* The entry that maps va, of a 2 MiB page (*large) or a 4 KiB page; NULL without any. */
u64 *pt_leaf(u64 va, bool *large);

/*
 * A zeroed page table, and back.  pt_free: it was in use, so it stays readable until the next
 * flush; pt_spare: it was not.
 */
u64 *pt_alloc(void);
void pt_free(u64 *pt);
void pt_spare(u64 *pt);
/* Makes sure that the next n calls of pt_alloc() succeed.  0 or -ENOMEM. */
int pt_reserve(unsigned int n);

static inline u64 *pt_of(u64 pde)
{
	return gpa_to_va(pde & PTE_ADDR);
}

/* A directory entry that points to table pt. */
static inline u64 pt_entry(u64 *pt)
{
	return va_to_gpa(pt) | PTE_P | PTE_W | PTE_U;
}

/* Makes the tables for the linear map of [0, end).  0 or -ENOMEM. */
int pt_linear_prepare(u64 end);
/* Maps [from, end) in it. */
void pt_linear_extend(u64 from, u64 end);

/*
 * TLB: what was noted is flushed by tlb_commit(), before the system call or fault returns.
 * tlb_note: the 4 KiB page at va.  tlb_note_large: the 2 MiB page at va, as a whole.
 * tlb_note_all: everything.  tlb_mixed: a table became a large page without a flush, so that
 * translations of both sizes may be cached.
 */
void tlb_note(u64 va);
void tlb_note_large(u64 va);
void tlb_note_all(void);
void tlb_mixed(void);
void tlb_commit(void);

#endif
