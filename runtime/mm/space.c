/* SPDX-License-Identifier: MIT */
/*
 * Where mappings go, and the steps that mmap, brk, munmap and mremap share: the mapping first,
 * then what is behind it.
 *
 * mmap's area has three parts, so that blocks stay uniform and keep their large pages: small
 * read-write memory, other small mappings (guards, reservations, files), and mappings that get
 * 2 MiB blocks of their own.
 */
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"

#define PART_SIZE	(16UL << 30)		/* of the two parts for small mappings */
#define LOW_FALLBACK	0x0000010000000000UL	/* when mmap's area is full */

bool space_user(u64 start, u64 len)
{
	u64 end = start + len;

	if (end < start)
		return false;
	return end <= MVM_VA_USER_END || (start >= MVM_VA_MMAP_MIN && end <= TASK_END);
}

bool space_valid(u64 start, u64 len)
{
	return start >= MVM_VA_USER_MIN && space_user(start, len);
}

/* A place of its own blocks: where large pages can be used whatever was there before. */
static u64 place_own(u64 len, u64 hi)
{
	u64 a, h = hi;
	u32 tries;

	for (tries = 0; tries < 8; tries++) {
		a = vma_gap(len, LARGE_SIZE, MVM_VA_MMAP_MIN, h);
		if (!a || block_fits(a, a + len))
			return a;
		h = a;
	}
	return a;
}

u64 space_place(u64 len, u32 prot, u32 flags)
{
	u64 top = boot->mmap_top, small = top - PART_SIZE, big = small - PART_SIZE, a = 0;
	bool plain = prot == (MVM_PROT_READ | MVM_PROT_WRITE) && !(flags & VM_NORESERVE);

	if (len >= PLACE_BIG)
		a = place_own(len, big);
	else if (plain)
		a = vma_gap(len, PAGE_SIZE, small, top);
	else
		a = vma_gap(len, PAGE_SIZE, big, small);
	if (!a)
		a = vma_gap(len, PAGE_SIZE, MVM_VA_MMAP_MIN, top);
	if (!a)
		a = vma_gap(len, PAGE_SIZE, LOW_FALLBACK, MVM_VA_USER_END);
	return a;
}

bool space_mapped(u64 start, u64 end)
{
	const struct vma *v;

	for (v = vma_find(start); v && v->start <= start; v = v->next) {
		start = v->end;
		if (start >= end)
			return true;
	}
	return false;
}

int space_map(u64 addr, u64 len, u32 prot, u32 flags, struct file *file, u64 off,
	      enum populate how)
{
	struct vma *v;
	bool eager;

	if (block_reserve())
		return -ENOMEM;
	if (prot & MVM_PROT_EXEC)
		exec_wanted();
	v = vma_add(addr, addr + len, prot, flags, file, off);
	if (!v)
		return -ENOMEM;
	/* A first touch by the fault costs an upcall; a large page set here, next to nothing. */
	eager = how != POPULATE_LAZY && vma_plain(v) && !(flags & VM_NORESERVE) &&
		len <= LARGE_SIZE;
	block_cover(v, addr, addr + len, eager);
	if (how == POPULATE_ALL && prot)
		block_fill(v, addr, addr + len);
	return 0;
}

int space_sync(u64 start, u64 end)
{
	const struct vma *v;
	int err = 0, r;

	for (v = vma_find(start); v && v->start < end; v = v->next) {
		if (!vma_shares_file(v))
			continue;
		r = block_sync(v, MAX(v->start, start), MIN(v->end, end));
		if (!err)
			err = r;
		/* What was changed by way of another mapping, whose entries know of it. */
		if (v->flags & VM_TWIN)
			mm_file_sync(v->file, v->off + (MAX(v->start, start) - v->start),
				     MIN(v->end, end) - MAX(v->start, start));
	}
	return err;
}

int space_unmap(u64 start, u64 end)
{
	if (vma_range_free(start, end))
		return 0;
	exec_changes(start, end);
	space_sync(start, end);
	if (block_reserve() || vma_remove(start, end))
		return -ENOMEM;
	block_uncover(start, end);
	return 0;
}
