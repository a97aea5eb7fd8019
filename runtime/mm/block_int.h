/* SPDX-License-Identifier: MIT */
/*
 * What the files of the block layer share: block.c (frames and tables of blocks), block_hist.c
 * (what empty blocks remember), block_follow.c (following changes of the mappings), block_fill.c
 * (contents), block_sync.c (shared files).
 */
#ifndef MVM_RT_MM_BLOCK_INT_H
#define MVM_RT_MM_BLOCK_INT_H

#include "mm/block.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/twin.h"

/* The pages of one block that an operation is about. */
struct span {
	u64 base;			/* of the block */
	u32 from, to;			/* pages */
};

static inline struct span span_of(u64 start, u64 end)
{
	struct span s = { .base = start & LARGE_MASK };

	s.from = (u32)((start - s.base) >> PAGE_SHIFT);
	s.to = (u32)((MIN(end, s.base + LARGE_SIZE) - s.base) >> PAGE_SHIFT);
	return s;
}

static inline bool span_whole(const struct span *s)
{
	return s->to - s->from == PAGES_PER_LARGE;
}

static inline bool is_large(u64 pde)
{
	return pde & PTE_PS;
}

static inline bool is_home(const u64 *pt)
{
	return pt[0] & PTE_HOME;
}

static inline u64 large_gpa(u64 pde)
{
	return pde & PTE_ADDR & LARGE_MASK;
}

/* The frame of a block in a large page or a home table. */
static inline u64 home_gpa(u64 pde)
{
	return is_large(pde) ? large_gpa(pde) : pt_of(pde)[0] & PTE_ADDR & LARGE_MASK;
}

static inline char *page_ptr(u64 gpa, u32 i)
{
	return gpa_to_va(gpa + ((u64)i << PAGE_SHIFT));
}

/* May page i hold something else than zeros?  Without a map: assume so. */
static inline bool page_dirty(const struct frame *f, u32 i)
{
	return !f->map || bit_test(f->map->dirty, i);
}

/* Page i is mapped. */
static inline void page_use(struct frame *f, u32 i)
{
	if (!f->map)
		return;
	bit_set(f->map->dirty, i);
	if (!bit_test(f->map->used, i)) {
		bit_set(f->map->used, i);
		f->nused++;
	}
}

static inline bool plain_entry(u64 e)
{
	return (e & (PTE_PERM | PTE_FILE)) == PTE_RW;
}

/* The bits of v's pages that are there. */
static inline u64 page_bits(const struct vma *v)
{
	return prot_bits(v->prot) | PTE_VALID | (vma_shares_file(v) ? PTE_FILE : 0);
}

/* The page behind an entry of a table of loose pages goes. */
static inline void loose_free(u64 e)
{
	if (e & PTE_TWIN)
		twin_put(e & PTE_ADDR);
	else
		pages_free(gpa_to_va(e & PTE_ADDR), 1);
}

/* Sets entry i of a home table, keeping the count of plain pages. */
static inline void home_set(struct frame *f, u64 *pt, u32 i, u64 e)
{
	f->nrw = (u16)(f->nrw - plain_entry(pt[i]) + plain_entry(e));
	pt[i] = e;
}

/* ---- block_hist.c: the memory of an empty block is in its directory entry ---- */

#define HIST_MAP	PTE_W		/* the GPA of a map of the used pages, shifted */
#define HIST_ALL	PTE_U		/* all pages were used */
#define HIST_SHIFT	8

/* The map of an empty entry, NULL without one. */
struct page_map *hist_map(u64 pde);
/* The entry of a block that f backed until now. */
u64 hist_entry(const struct frame *f);
/* The pages of s, in an empty block, were mapped, though never populated. */
void hist_add(u64 *pde, const struct span *s);
/* Takes the memory of an empty entry as f's map.  0 or -ENOMEM. */
int hist_take(u64 pde, struct frame *f);

/* ---- block.c ---- */

/* Gives an empty block a frame (FRAME_*); pages of files are left to be read.  0 or -ENOMEM. */
int block_attach(u64 *pde, u64 base, unsigned int flags);
/* Empties the block at base, in which nothing is to stay. */
void block_detach(u64 *pde, u64 base);
/*
 * Large page to home table, as the mappings are now.  What is no longer allowed then, the caller
 * has to flush.  0 or -ENOMEM.
 */
int block_split(u64 *pde, u64 base);
/* Large page or home table to a table of loose pages, which are copies.  0 or -ENOMEM. */
int block_loosen(u64 *pde, u64 base);
/* Home table to large page, once everything that was ever used in it is plain. */
void block_join(u64 *pde);

/* ---- block_follow.c ---- */

/* The pages of s are no longer mapped. */
void block_uncover_table(u64 *pt, const struct span *s);

#endif
