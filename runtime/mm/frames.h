/* SPDX-License-Identifier: MIT */
/*
 * Frames of guest RAM inside mm/: 2 MiB frames with their records, and 4 KiB pages cut from
 * them.  The rest of the runtime only sees pages_alloc() and pages_free() of mm.h.
 */
#ifndef MVM_RT_MM_FRAMES_H
#define MVM_RT_MM_FRAMES_H

#include "rt.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	MVM_PAGE_SIZE
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define LARGE_SHIFT	21
#define LARGE_SIZE	MVM_LARGE_SIZE
#define LARGE_MASK	(~(LARGE_SIZE - 1))
#define PAGES_PER_LARGE	512U

/* One bit for each 4 KiB page of a 2 MiB frame. */
struct page_map {
	u64 used[8];		/* cut frame: handed out; block: ever mapped by the application */
	u64 dirty[8];		/* cut or free frame: may hold something else than zeros */
};

enum frame_state {
	FRAME_FRESH = 0,	/* never used; zero, and its record never touched */
	FRAME_FREE_ZERO,
	FRAME_FREE_DIRTY,	/* map: which pages; no map: all of them */
	FRAME_BLOCK,		/* backs one 2 MiB block of the application's addresses (block.c) */
	FRAME_CUT,		/* handed out by pages */
	FRAME_RUN,		/* part of a contiguous run larger than 2 MiB */
};

/* The record of one 2 MiB frame. */
struct frame {
	u32 next, prev;		/* list of its state, by frame number; 0 ends */
	u8 state;		/* enum frame_state */
	u8 pool;		/* cut frame: enum page_pool */
	u8 splits;		/* block: how often its large page had to be split */
	u8 pad;
	u16 nused;		/* bits set in map->used */
	u16 nrw;		/* block: pages mapped as private read-write memory */
	struct page_map *map;
};

enum page_pool {
	POOL_DATA,
	POOL_PT,		/* page tables: together, as a shadowing host write-protects them */
	NR_POOLS,
};

/* First use of the allocator; takes everything from boot. */
void frames_init(void);

#define FRAME_LOW	0U	/* few: from memory that the host backs by small pages */
#define FRAME_HUGE	1U	/* many are likely: sooner from memory backed by huge pages */
#define FRAME_CHEAP	2U	/* only one known to be zero, and without asking the host to grow */

/*
 * A 2 MiB frame that reads as zero, in state FRAME_BLOCK without a map.
 * Returns its GPA, or 0 when guest RAM is exhausted.
 */
u64 frame_alloc(unsigned int flags);
/* Gives it back.  With a map, only pages in map->dirty are taken as written to. */
void frame_free(u64 gpa);
struct frame *frame_of(u64 gpa);
/* Gives dirty free frames back to the host when there are many.  Called at the end of calls. */
void frames_trim(void);
/* 2 MiB frames that are in use, and bytes that are free (including what the host may add). */
u64 frames_in_use(void);
u64 frames_free_bytes(void);
u64 frames_ram(void);			/* present now */
u64 frames_ram_max(void);

/* A map, all bits clear; NULL when out of memory. */
struct page_map *map_alloc(void);
void map_free(struct page_map *m);
/* Makes sure that the next n calls of map_alloc() succeed.  0 or -ENOMEM. */
int map_reserve(unsigned int n);

/* One page of pool.  NULL when exhausted. */
void *page_alloc(enum page_pool pool, bool zero);

static inline bool bit_test(const u64 *bits, unsigned int i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static inline void bit_set(u64 *bits, unsigned int i)
{
	bits[i / 64] |= 1UL << (i % 64);
}

static inline void bit_clear(u64 *bits, unsigned int i)
{
	bits[i / 64] &= ~(1UL << (i % 64));
}


/*
 * execmem.c.  exec_wanted: before the application's memory becomes executable, or stops being so.
 * exec_changes: the mappings in [start, end) are about to go, to move, or to be protected
 * otherwise.
 * exec_grown: guest RAM ends here now.
 */
void exec_wanted(void);
void exec_changes(u64 start, u64 end);
void exec_grown(u64 end);

#endif
