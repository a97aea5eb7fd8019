/* SPDX-License-Identifier: MIT */
/*
 * madvise(2), mincore(2), msync(2), mlock(2): calls about what is behind a range.
 */
#include <linux/mman.h>
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "sys/site.h"

/* One mapping's part of a range; arg is the caller's. */
typedef int (*range_fn)(const struct vma *v, u64 start, u64 end, void *arg);

/*
 * Calls fn for each mapping's part of [start, end).  -ENOMEM for a hole: at once when strict,
 * else after the rest was done, as Linux does for advice.
 */
static int for_range(u64 start, u64 end, bool strict, range_fn fn, void *arg)
{
	const struct vma *v = vma_find(start);
	int hole = 0, err;

	while (start < end) {
		if (!v || v->start > start) {
			hole = -ENOMEM;
			if (strict || !v || v->start >= end)
				return hole;
			start = v->start;
		}
		err = fn ? fn(v, start, MIN(v->end, end), arg) : 0;
		if (err)
			return err;
		start = v->end;
		v = v->next;
	}
	return hole;
}

static int advise_drop(const struct vma *v, u64 start, u64 end, void *arg)
{
	(void)arg;
	if (vma_shares_file(v))
		block_sync(v, start, end);
	if (IS_ENABLED(CONFIG_TRAP) && v->prot & MVM_PROT_EXEC)
		site_undo(start, end);
	/*
	 * Shared memory is an object of its own, which advice about a mapping leaves alone; and the
	 * launcher's pages cannot be read again.
	 */
	if (!(v->flags & VM_IMAGE) && (v->file || !(v->flags & VM_SHARED))) {
		if (block_reserve())
			return -EAGAIN;
		block_drop(v, start, end);
	}
	return 0;
}

/*
 * Contents may stay until memory is short.  An allocator says this of every piece it frees, so
 * only whole blocks are worth the work.
 */
static int advise_free(const struct vma *v, u64 start, u64 end, void *arg)
{
	if (v->file || v->flags & VM_SHARED)
		return -EINVAL;
	start = ALIGN_UP(start, LARGE_SIZE);
	end = ALIGN_DOWN(end, LARGE_SIZE);
	return start < end ? advise_drop(v, start, end, arg) : 0;
}

/* arg: the rights asked for; NULL: populate what may be. */
static int advise_populate(const struct vma *v, u64 start, u64 end, void *arg)
{
	const u32 *need = arg;

	if (need && (v->prot & *need) != *need)
		return v->prot & MVM_PROT_READ ? -EINVAL : -EFAULT;
	if (!v->prot)
		return 0;
	return block_fill(v, start, end);
}

static int advise(u64 start, u64 end, u64 advice)
{
	u32 need;

	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return for_range(start, end, false, NULL, NULL);
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return for_range(start, end, false, advise_drop, NULL);
	case MADV_FREE:
		return for_range(start, end, false, advise_free, NULL);
	case MADV_POPULATE_READ:
		need = MVM_PROT_READ;
		return for_range(start, end, true, advise_populate, &need);
	case MADV_POPULATE_WRITE:
		need = MVM_PROT_WRITE;
		return for_range(start, end, true, advise_populate, &need);
	default:
		return -EINVAL;
	}
}

long sys_madvise(u64 addr, u64 len, u64 advice)
{
	u64 size = ALIGN_UP(len, PAGE_SIZE);
	int err;

	/* An unknown advice is refused even for an empty range. */
	err = advise(0, 0, advice);
	if (err)
		return err;
	if (!page_aligned(addr) || (len && !size) || addr + size < addr)
		return -EINVAL;
	err = advise(addr, addr + size, advice);
	tlb_commit();
	frames_trim();
	return err;
}

static int vec_put(u64 vec, const u8 *bytes, u64 n)
{
	return copy_to_user(vec, bytes, n) ? -EFAULT : 0;
}

long sys_mincore(u64 addr, u64 len, u64 vec)
{
	u64 size = ALIGN_UP(len, PAGE_SIZE), va;
	u8 bytes[256];
	u64 n = 0;

	if (!page_aligned(addr))
		return -EINVAL;
	if ((len && !size) || !space_user(addr, size))
		return -ENOMEM;
	if (!space_user(vec, size >> PAGE_SHIFT))
		return -EFAULT;
	for (va = addr; va < addr + size; va += PAGE_SIZE) {
		if (!vma_at(va))
			return -ENOMEM;
		bytes[n++] = block_gpa(va) != 0;
		if (n == sizeof(bytes)) {
			if (vec_put(vec, bytes, n))
				return -EFAULT;
			vec += n;
			n = 0;
		}
	}
	return n ? vec_put(vec, bytes, n) : 0;
}

long sys_msync(u64 addr, u64 len, u64 flags)
{
	u64 size = ALIGN_UP(len, PAGE_SIZE);
	int err, r;

	if ((u32)flags & ~(u32)(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (!page_aligned(addr))
		return -EINVAL;
	if (flags & MS_ASYNC && flags & MS_SYNC)
		return -EINVAL;
	/* A length that wraps to 0 is 0 to Linux, here and in mlock. */
	if (addr + size < addr)
		return -ENOMEM;
	err = for_range(addr, addr + size, false, NULL, NULL);
	r = space_sync(addr, addr + size);
	tlb_commit();
	return err ? err : r;
}

/* Where what mlock(2) means ends: whole pages, counted from the one that addr is in. */
static u64 lock_end(u64 addr, u64 len)
{
	return (addr & PAGE_MASK) + ALIGN_UP(len + (addr & ~PAGE_MASK), PAGE_SIZE);
}

long sys_mlock(u64 addr, u64 len)
{
	u64 start = addr & PAGE_MASK, end = lock_end(addr, len);
	int err;

	if (end < start)
		return -EINVAL;
	err = for_range(start, end, true, NULL, NULL);
	if (!err)
		err = for_range(start, end, true, advise_populate, NULL);
	tlb_commit();
	return err;
}

long sys_munlock(u64 addr, u64 len)
{
	u64 start = addr & PAGE_MASK, end = lock_end(addr, len);

	if (end < start)
		return -EINVAL;
	return for_range(start, end, true, NULL, NULL);
}
