/* SPDX-License-Identifier: MIT */
/*
 * Contents of blocks: populating them, from files too, dropping and moving them.
 */
#include "fs/fs.h"
#include "mm/block_int.h"
#include "mm/mm.h"

/* ---- populating ---- */

#define FILE_ENDS	1		/* what was asked for goes on behind the end of the file */

/* Reads [off, off + n) of file to p.  Bytes, less than n at its end, or -EIO. */
static long file_fill(struct file *file, char *p, size_t n, u64 off)
{
	size_t done = 0;

	mm_file_sync(file, off, n);	/* what a mapping has changed is newer */
	while (done < n) {
		long r = file_pread(file, p + done, n - done, off + done);

		if (r < 0)
			return -EIO;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	/* The rest of the last page is zero; pages behind that do not exist. */
	memset(p + done, 0, -done & (PAGE_SIZE - 1));
	return (long)done;
}

/* Reads n pages of v from page i of the block on.  How many there are, or -EIO. */
static long read_pages(const struct vma *v, const u64 *pt, u64 base, u32 i, u32 n)
{
	u64 va = base + ((u64)i << PAGE_SHIFT);
	long r = file_fill(v->file, gpa_to_va(pt[i] & PTE_ADDR), (size_t)n << PAGE_SHIFT,
			   v->off + (va - v->start));

	return r < 0 ? r : (long)((u64)(r + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* Pages of a home table that v maps and that are not there yet.  0, FILE_ENDS or -EIO. */
static int fill_home(u64 *pt, const struct vma *v, const struct span *s)
{
	struct frame *f = frame_of(pt[0] & PTE_ADDR);
	u32 i, k, n;

	for (i = s->from; i < s->to; i += MAX(n, 1U)) {
		long have;

		for (n = 0; i + n < s->to && !(pt[i + n] & PTE_VALID); n++)
			;
		have = n;
		if (n && v->file)
			have = read_pages(v, pt, s->base, i, n);
		if (have < 0)
			return (int)have;
		for (k = i; k < i + (u32)have; k++)
			home_set(f, pt, k, pt[k] | page_bits(v));
		if ((u32)have < n)
			return FILE_ENDS;
	}
	return 0;
}

/* A private mapping that fills the block, all of it read: one large page. */
static void make_large(u64 *pde, const struct vma *v)
{
	u64 *pt = pt_of(*pde), gpa = pt[0] & PTE_ADDR;
	u32 i;

	for (i = 0; i < PAGES_PER_LARGE; i++)
		if (!(pt[i] & PTE_VALID))
			return;
	*pde = gpa | prot_bits(v->prot) | PTE_PS | PTE_A | PTE_D;
	pt_free(pt);
	tlb_mixed();
	if (v->prot & MVM_PROT_EXEC)
		tlb_note_all();		/* see block_split() */
}

/* A page for v's place at off of its file.  1; 0: the file ends before it; -errno. */
static long loose_page(const struct vma *v, u64 off, char **out)
{
	char *p = *out = page_alloc(POOL_DATA, !v->file);
	long have = p ? 1 : -ENOMEM;

	if (p && v->file)
		have = file_fill(v->file, p, PAGE_SIZE, off);
	if (have > 0 && v->flags & VM_TWIN && twin_add(v->file, off, p))
		have = -ENOMEM;
	if (have <= 0 && p)
		pages_free(p, 1);
	return have;
}

static int fill_loose(u64 *pt, const struct vma *v, const struct span *s)
{
	u32 i;

	for (i = s->from; i < s->to; i++) {
		u64 off = v->off + (s->base + ((u64)i << PAGE_SHIFT) - v->start);
		bool twin = v->flags & VM_TWIN;
		long have = 1;
		char *p;

		if (pt[i] & PTE_VALID)
			continue;
		p = twin ? twin_find(v->file, off) : NULL;
		if (!p)
			have = loose_page(v, off, &p);
		if (have <= 0)
			return have ? (int)have : FILE_ENDS;
		pt[i] = va_to_gpa(p) | page_bits(v) | (twin ? PTE_TWIN : 0);
	}
	return 0;
}

static int fill_span(const struct vma *v, const struct span *s)
{
	bool big = v->end - v->start >= LARGE_SIZE && !(v->flags & VM_STACK);
	u64 *pde = pt_pde(s->base, true), *pt;
	int err;

	if (!pde)
		return -ENOMEM;
	if (pde_empty(*pde)) {
		if (v->flags & (VM_SPARSE | VM_TWIN) ||
		    block_attach(pde, s->base, big ? FRAME_HUGE : FRAME_LOW)) {
			pt = pt_alloc();
			if (!pt)
				return -ENOMEM;
			map_free(hist_map(*pde));
			*pde = pt_entry(pt);
		}
	}
	if (v->flags & VM_TWIN && (is_large(*pde) || is_home(pt_of(*pde)))) {
		err = block_loosen(pde, s->base);
		if (err)
			return err;
	}
	if (is_large(*pde))
		return 0;
	pt = pt_of(*pde);
	if (!is_home(pt))
		return fill_loose(pt, v, s);
	err = fill_home(pt, v, s);
	if (!err && span_whole(s) && v->file && !vma_shares_file(v))
		make_large(pde, v);
	return err;
}

int block_fill(const struct vma *v, u64 start, u64 end)
{
	while (start < end) {
		struct span s = span_of(start, end);
		int err = fill_span(v, &s);

		/* Who maps gigabytes of a small file that is to grow must not pay for them. */
		if (err)
			return MIN(err, 0);
		start = s.base + LARGE_SIZE;
	}
	return 0;
}

bool block_fill_cheap(const struct vma *v, u64 base)
{
	u64 *pde = pt_pde(base, true);

	return pde && pde_empty(*pde) && vma_plain(v) &&
	       !block_attach(pde, base, FRAME_HUGE | FRAME_CHEAP);
}

/* ---- dropping ---- */

static void drop_table(u64 *pt, const struct vma *v, const struct span *s)
{
	u32 i;

	if (v->file || !is_home(pt)) {
		/* Read again, or taken from fresh memory again, at the next touch. */
		block_uncover_table(pt, s);
		return;
	}
	for (i = s->from; i < s->to; i++)
		if (pt[i] & PTE_VALID)
			memset(gpa_to_va(pt[i] & PTE_ADDR), 0, PAGE_SIZE);
}

void block_drop(const struct vma *v, u64 start, u64 end)
{
	u64 va = start, next;

	while (va < end) {
		u64 *pde = pt_pde_next(va, &next);
		struct span s = span_of(va, end);

		if (!pde) {
			va = next;
			continue;
		}
		va = s.base + LARGE_SIZE;
		if (pde_empty(*pde))
			continue;
		if (span_whole(&s) && home_gpa(*pde) >= boot->free_gpa) {
			block_detach(pde, s.base);
		} else if (!is_large(*pde)) {
			drop_table(pt_of(*pde), v, &s);
		} else if (v->file) {
			if (!block_split(pde, s.base))
				drop_table(pt_of(*pde), v, &s);
		} else {
			memset(page_ptr(large_gpa(*pde), s.from), 0,
			       (size_t)(s.to - s.from) << PAGE_SHIFT);
		}
	}
}

/* ---- moving ---- */

u64 block_gpa(u64 va)
{
	bool large;
	u64 *e = pt_leaf(va, &large);

	if (!e)
		return 0;
	if (large)
		return large_gpa(*e) + (va & ~LARGE_MASK & PAGE_MASK);
	return *e & PTE_VALID ? *e & PTE_ADDR : 0;
}

/* The page at va is a shared file's: what is changed from now on goes back. */
static void share_page(u64 va)
{
	struct span s = span_of(va, va + PAGE_SIZE);
	u64 *pt = pt_of(*pt_pde(va, false)), e = pt[s.from] | PTE_FILE;

	if (is_home(pt))
		home_set(frame_of(e & PTE_ADDR), pt, s.from, e);
	else
		pt[s.from] = e;
}

static int move_page(const struct vma *dst, u64 from, u64 to)
{
	u64 src = block_gpa(from);
	struct span s = span_of(to, to + PAGE_SIZE);
	struct vma anon = *dst;

	if (!src)
		return 0;
	/* Its contents come from the source, so nothing is read from a file. */
	anon.file = NULL;
	if (fill_span(&anon, &s))
		return -ENOMEM;
	memcpy(gpa_to_va(block_gpa(to)), gpa_to_va(src), PAGE_SIZE);
	if (vma_shares_file(dst))
		share_page(to);
	return 0;
}

int block_move(const struct vma *dst, u64 from, u64 to, u64 len)
{
	u64 done = 0, *a, *b, next = 0;

	while (done < len) {
		bool whole = !((from + done) & ~LARGE_MASK) && !((to + done) & ~LARGE_MASK) &&
			     len - done >= LARGE_SIZE;

		a = pt_pde_next(from + done, &next);
		if (!a) {
			done = next - from;
			continue;
		}
		if (whole && !pde_empty(*a)) {
			b = pt_pde(to + done, true);
			if (!b)
				return -ENOMEM;
			if (pde_empty(*b)) {
				if (*a & PTE_A)
					tlb_note_all();
				map_free(hist_map(*b));
				*b = *a & ~PTE_A;
				*a = HIST_ALL;
				done += LARGE_SIZE;
				continue;
			}
		}
		if (pde_empty(*a))
			done = ((from + done) & LARGE_MASK) + LARGE_SIZE - from;
		else if (move_page(dst, from + done, to + done))
			return -ENOMEM;
		else
			done += PAGE_SIZE;
	}
	return 0;
}
