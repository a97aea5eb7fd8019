/* SPDX-License-Identifier: MIT */
/*
 * Memory behind the mappings, in blocks of 2 MiB of virtual address space.  The mappings
 * themselves (vma.h) are changed first by the caller; then these make page tables and contents
 * follow.  None of them flushes: tlb_commit() does, at the end of the system call.
 *
 * A block is in one of these states, told by its directory entry:
 *   empty          nothing populated.  The entry remembers which pages were mapped before: they
 *                  must not become accessible as holes of a large page, so that a stray access
 *                  to memory that was unmapped faults as it does anywhere.
 *   2 MiB page     one frame, one permission.  Read-write: what is mapped in it is vma_plain(),
 *                  and holes were never used (they read as zero to who strays there).
 *                  Any other permission, or a private file: one mapping covers all of it.
 *   home table     4 KiB entries; the pages are the parts of one frame, at their own places,
 *                  and every entry carries its address and PTE_HOME, mapped or not.
 *   loose table    4 KiB entries with single pages: when no 2 MiB frame was to be had.
 */
#ifndef MVM_RT_MM_BLOCK_H
#define MVM_RT_MM_BLOCK_H

#include "mm/frames.h"
#include "mm/vma.h"

/* Adopts what the launcher mapped for segment s, whose mapping exists. */
int block_adopt(const struct mvm_segment *s);

/* Can large pages back a plain mapping of [start, end) in spite of what was there before? */
bool block_fits(u64 start, u64 end);

/* Spare tables and records for one change of the address space.  0 or -ENOMEM. */
int block_reserve(void);

/* [start, end) was a hole and is now in v.  eager: populate what v allows now. */
void block_cover(const struct vma *v, u64 start, u64 end, bool eager);
/* [start, end) was mapped and is now a hole. */
void block_uncover(u64 start, u64 end);
/* [start, end) is in v, whose permission is new.  eager: also populate. */
void block_protect(const struct vma *v, u64 start, u64 end, bool eager);

/*
 * Populates [start, end) of v, page by page or by the block, reading a file where there is one;
 * more than asked for is populated when it is cheap.  0, -ENOMEM, or -EIO for a file that
 * cannot be read.  Pages behind the end of a file stay away: their use is a SIGBUS.
 */
int block_fill(const struct vma *v, u64 start, u64 end);
/* Populates v's whole block at base if that costs no clearing and no growth.  Was it done? */
bool block_fill_cheap(const struct vma *v, u64 base);
/* MADV_DONTNEED: [start, end) of v reads as at first again. */
void block_drop(const struct vma *v, u64 start, u64 end);
/*
 * Writes changed pages of v, a mapping that shares a file, in [start, end) back to it.  0, or the
 * first error of the file.
 */
int block_sync(const struct vma *v, u64 start, u64 end);
/*
 * Moves contents and tables from [from, from + len) to [to, to + len), which is covered by a new
 * mapping dst and not populated; the source stays mapped and is uncovered by the caller.  0 or
 * -ENOMEM.
 */
int block_move(const struct vma *dst, u64 from, u64 to, u64 len);

/* The GPA of va's contents if it is populated, mapped or PROT_NONE; 0 otherwise. */
u64 block_gpa(u64 va);

#endif
