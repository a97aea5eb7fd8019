/* SPDX-License-Identifier: MIT */
/*
 * What the address-space system calls share: valid ranges, placing, mapping and unmapping.
 */
#ifndef MVM_RT_MM_SPACE_H
#define MVM_RT_MM_SPACE_H

#include "mm/block.h"

#define TASK_END	0x00007ffffffff000UL	/* TASK_SIZE of Linux */
#define PLACE_BIG	(512UL << 10)		/* from here on a mapping gets blocks of its own */

/* Is [start, start + len) one the application may map?  The runtime's own part is not. */
bool space_valid(u64 start, u64 len);
/* May the application's pointers reach [start, start + len)?  Also true where nothing is mapped. */
bool space_user(u64 start, u64 len);

/* An address for a new mapping, or 0.  len in bytes, a multiple of the page size. */
u64 space_place(u64 len, u32 prot, u32 flags);
/* How much of a new mapping is populated at once. */
enum populate {
	POPULATE_LAZY,		/* nothing: by the first touch, or by the caller */
	POPULATE_AUTO,		/* small read-write memory: it is about to be used */
	POPULATE_ALL,
};

/*
 * Maps [addr, addr + len), which is free.  0 or -ENOMEM.  Takes its own reference to file.
 */
int space_map(u64 addr, u64 len, u32 prot, u32 flags, struct file *file, u64 off,
	      enum populate how);
/* Unmaps; holes are fine.  0 or -ENOMEM before any change. */
int space_unmap(u64 start, u64 end);
/* Writes shared files in [start, end) back.  0, or the first error of a file. */
int space_sync(u64 start, u64 end);
/* Is all of [start, end) mapped? */
bool space_mapped(u64 start, u64 end);

/* Takes over brk_start of the boot information. */
void brk_init(void);

static inline bool page_aligned(u64 x)
{
	return !(x & ~PAGE_MASK);
}

#endif
