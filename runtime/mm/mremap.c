/* SPDX-License-Identifier: MIT */
/*
 * mremap(2).  Whole 2 MiB blocks move by their directory entries, the rest is copied: pages
 * belong to their block's frame.
 */
#include <linux/mman.h>
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "mm/twin.h"

#define KNOWN_FLAGS	(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)

/* Maps [to, to + newlen) as v is mapped at from, and moves oldlen bytes there. */
static long move(struct vma *v, u64 from, u64 oldlen, u64 to, u64 newlen, u64 flags)
{
	u64 off = v->file ? v->off + (from - v->start) : 0;
	bool stays = !oldlen || flags & MREMAP_DONTUNMAP;
	struct vma src;
	int err = 0;

	if (vma_count() + 4 > VMA_MAX)
		return -ENOMEM;
	if (vma_shares_file(v))
		err = twin_begin(v->file, v->prot, off, newlen, stays ? NULL : v);
	if (err < 0)
		return err;
	src = *v;
	src.flags |= err ? VM_TWIN : 0;
	/* What moves is clean: a copy does not know what was changed. */
	space_sync(from, from + oldlen);
	err = space_map(to, newlen, src.prot, src.flags, src.file, off, POPULATE_LAZY);
	if (err)
		return err;
	/* The pages of twins are found again by who touches them. */
	if (!oldlen || (src.flags & VM_TWIN && stays))
		return (long)to;
	if (!(src.flags & VM_TWIN))
		err = block_move(vma_at(to), from, to, MIN(oldlen, newlen));
	if (err) {
		/* Blocks that moved go back; copies are dropped. */
		block_move(vma_at(from), to, from, MIN(oldlen, newlen));
		space_unmap(to, to + newlen);
		return err;
	}
	if (flags & MREMAP_DONTUNMAP)
		block_drop(vma_at(from), from, from + oldlen);
	else
		err = space_unmap(from, from + oldlen);
	return err ? err : (long)to;
}

static long remap_fixed(u64 old, u64 oldlen, u64 newlen, u64 flags, u64 to)
{
	struct vma *v;
	int err;

	if (!page_aligned(to) || newlen > TASK_END || to > TASK_END - newlen)
		return -EINVAL;
	if (old + oldlen > to && to + newlen > old)
		return -EINVAL;
	if (to < MVM_VA_USER_MIN)
		return -EPERM;
	if (!space_user(to, newlen))
		return -ENOMEM;
	v = vma_at(old);
	if (!v || old + oldlen > v->end)
		return -EFAULT;
	err = space_unmap(to, to + newlen);
	if (!err && newlen < oldlen) {
		err = space_unmap(old + newlen, old + oldlen);
		oldlen = newlen;
	}
	v = vma_at(old);
	return err ? err : move(v, old, oldlen, to, newlen, flags);
}

/* Grows v's end in place.  False when there is no room. */
static bool extend(struct vma *v, u64 end, u64 newend)
{
	u64 off = v->file ? v->off + (end - v->start) : 0;

	if (v->end != end || !space_valid(end, newend - end) || !vma_range_free(end, newend))
		return false;
	if (vma_shares_file(v) && twin_begin(v->file, v->prot, off, newend - end, v) < 0)
		return false;
	return !space_map(end, newend - end, v->prot, v->flags, v->file, off, POPULATE_AUTO);
}

static long remap(u64 old, u64 oldlen, u64 newlen, u64 flags, u64 newaddr)
{
	struct vma *v = vma_at(old);
	u64 to;

	if (!v)
		return -EFAULT;
	if (oldlen > TASK_END - old)
		return -EINVAL;
	/* A second view of what is shared: offered of files. */
	if (!oldlen && !vma_shares_file(v))
		return -EINVAL;
	if (flags & MREMAP_FIXED)
		return remap_fixed(old, oldlen, newlen, flags, newaddr);
	if (newlen <= oldlen && !(flags & MREMAP_DONTUNMAP)) {
		int err = newlen < oldlen ? space_unmap(old + newlen, old + oldlen) : 0;

		return err ? err : (long)old;
	}
	if (old + oldlen > v->end)
		return -EFAULT;
	if (newlen > frames_ram_max() && v->prot & MVM_PROT_WRITE)
		return -ENOMEM;
	if (oldlen && !(flags & MREMAP_DONTUNMAP) && extend(v, old + oldlen, old + newlen))
		return (long)old;
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	to = space_place(newlen, v->prot, v->flags);
	return to ? move(v, old, oldlen, to, newlen, flags) : -ENOMEM;
}

long sys_mremap(u64 old, u64 oldlen, u64 newlen, u64 flags, u64 newaddr)
{
	long ret;

	if (flags & ~(u64)KNOWN_FLAGS)
		return -EINVAL;
	if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || oldlen != newlen))
		return -EINVAL;
	if (!page_aligned(old))
		return -EINVAL;
	oldlen = ALIGN_UP(oldlen, PAGE_SIZE);
	newlen = ALIGN_UP(newlen, PAGE_SIZE);
	if (!newlen || newlen > TASK_END)
		return -EINVAL;
	exec_changes(old, old + oldlen);
	ret = remap(old, oldlen, newlen, flags, newaddr);
	tlb_commit();
	frames_trim();
	return ret;
}
