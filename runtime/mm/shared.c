/* SPDX-License-Identifier: MIT */
/*
 * Shared mappings of files against everything else that reads and writes those files: each
 * mapping has memory of its own, so it is written back before the file is read and read again
 * after the file was written.  A processor's access to the mapping then sees what read(2) sees.
 * Mappings that show the same as another have it in common (twin.h).
 */
#include "fs/fs.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "mm/twin.h"

/* A program that never shares a file pays for none of this. */
static bool any;
/* Nor does one that shares them for reading alone pay for what others may have changed. */
static bool any_writable;

static bool same_file(struct file *a, struct file *b)
{
	u64 adev, aino, bdev, bino;

	if (a == b)
		return true;
	file_identity(a, &adev, &aino);
	file_identity(b, &bdev, &bino);
	return adev == bdev && aino == bino;
}

/* Does v share file, and which of its addresses show [off, off + n) of it? */
static bool overlap(const struct vma *v, struct file *file, u64 off, u64 n, u64 *start, u64 *end)
{
	u64 vend = v->off + (v->end - v->start);
	u64 from = MAX(off, v->off), to = MIN(n > UINT64_MAX - off ? UINT64_MAX : off + n, vend);

	if (!vma_shares_file(v) || from >= to || !same_file(v->file, file))
		return false;
	*start = v->start + ALIGN_DOWN(from - v->off, PAGE_SIZE);
	*end = v->start + ALIGN_UP(to - v->off, PAGE_SIZE);
	return true;
}

/* From now on v finds its pages where other mappings do. */
static int become_twin(struct vma *v)
{
	if (v->flags & VM_TWIN)
		return 0;
	if (block_reserve())
		return -ENOMEM;
	block_sync(v, v->start, v->end);
	block_drop(v, v->start, v->end);
	v->flags |= VM_TWIN;
	return 0;
}

int twin_begin(struct file *file, u32 prot, u64 off, u64 len, struct vma *self)
{
	int found = 0, err = 0;
	struct vma *v;
	u64 start, end;

	any = true;
	any_writable |= prot & MVM_PROT_WRITE;
	for (v = vma_first(); v && !err; v = v->next) {
		if (v == self || !((prot | v->prot) & MVM_PROT_WRITE) ||
		    !overlap(v, file, off, len, &start, &end))
			continue;
		found = 1;
		err = become_twin(v);
	}
	if (found && self && !err)
		err = become_twin(self);
	return err ? err : found;
}

void mm_file_sync(struct file *file, u64 off, u64 n)
{
	const struct vma *v;
	u64 start, end;

	if (likely(!any_writable))
		return;
	for (v = vma_first(); v; v = v->next)
		if (overlap(v, file, off, n, &start, &end))
			block_sync(v, start, end);
	tlb_commit();
}

void mm_file_changed(struct file *file, u64 off, u64 n)
{
	const struct vma *v;
	u64 start, end;

	if (likely(!any))
		return;
	for (v = vma_first(); v; v = v->next)
		if (overlap(v, file, off, n, &start, &end) && !block_reserve())
			block_drop(v, start, end);
	tlb_commit();
}
