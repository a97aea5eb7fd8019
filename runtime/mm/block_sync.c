/* SPDX-License-Identifier: MIT */
/*
 * Shared mappings of files: what was changed goes back.  The dirty flag of a page's entry says
 * that it was; such pages are never mapped by large pages.
 */
#include "fs/fs.h"
#include "mm/block_int.h"
#include "mm/mm.h"

/* How many of the n bytes at off lie within the file: a mapping never makes it longer. */
static size_t within_file(struct file *file, u64 off, size_t n, char *scratch)
{
	while (n) {
		u64 page = (n - 1) & PAGE_MASK;
		long r = file_pread(file, scratch, PAGE_SIZE, off + page);

		if (r > 0)
			return page + (size_t)r;
		n = page;
	}
	return 0;
}

static int write_back(struct file *file, const char *p, size_t n, u64 off)
{
	char *scratch = page_alloc(POOL_DATA, false);
	size_t done = 0;
	int err = 0;

	if (!scratch)
		return -ENOMEM;
	n = within_file(file, off, n, scratch);
	while (done < n && !err) {
		long r = file_pwrite(file, p + done, n - done, off + done);

		if (r <= 0)
			err = r ? (int)r : -EIO;
		else
			done += (size_t)r;
	}
	pages_free(scratch, 1);
	return err;
}

static bool changed(u64 e)
{
	return (e & (PTE_VALID | PTE_FILE | PTE_D)) == (PTE_VALID | PTE_FILE | PTE_D);
}

static int sync_table(u64 *pt, const struct vma *v, const struct span *s)
{
	bool home = is_home(pt);
	u32 i, k, n;
	int err = 0, r;

	for (i = s->from; i < s->to; i += MAX(n, 1U)) {
		u64 va = s->base + ((u64)i << PAGE_SHIFT);

		/* Pages of a home table follow one another in memory. */
		for (n = 0; i + n < s->to && (home || !n) && changed(pt[i + n]); n++)
			;
		if (!n)
			continue;
		for (k = i; k < i + n; k++) {
			pt[k] &= ~PTE_D;
			tlb_note(s->base + ((u64)k << PAGE_SHIFT));
		}
		r = write_back(v->file, gpa_to_va(pt[i] & PTE_ADDR), (size_t)n << PAGE_SHIFT,
			       v->off + (va - v->start));
		if (!err)
			err = r;
	}
	return err;
}

int block_sync(const struct vma *v, u64 start, u64 end)
{
	u64 va = start, next;
	int err = 0, r;

	while (va < end) {
		const u64 *pde = pt_pde_next(va, &next);
		struct span s = span_of(va, end);

		if (!pde) {
			va = next;
			continue;
		}
		va = s.base + LARGE_SIZE;
		if (pde_empty(*pde) || is_large(*pde))
			continue;
		r = sync_table(pt_of(*pde), v, &s);
		if (!err)
			err = r;
	}
	return err;
}
