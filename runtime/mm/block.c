/* SPDX-License-Identifier: MIT */
/*
 * Attaching frames to blocks, splitting large pages where permissions begin to differ and
 * joining them again, and following changes of the mappings.  See block.h for the states.
 */
#include "fs/fs.h"
#include "mm/block.h"
#include "mm/mm.h"
#include "mm/pt.h"

#define MAX_SPLITS	3U		/* after so many a block stays in small pages */
#define REMEMBER_MAX	(64UL << 20)

/* The pages of one block that an operation is about. */
struct span {
	u64 base;			/* of the block */
	u32 from, to;			/* pages */
};

static struct span span_of(u64 start, u64 end)
{
	struct span s = { .base = start & LARGE_MASK };

	s.from = (u32)((start - s.base) >> PAGE_SHIFT);
	s.to = (u32)((MIN(end, s.base + LARGE_SIZE) - s.base) >> PAGE_SHIFT);
	return s;
}

static bool span_whole(const struct span *s)
{
	return s->to - s->from == PAGES_PER_LARGE;
}

static bool is_large(u64 pde)
{
	return pde & PTE_PS;
}

static bool is_home(const u64 *pt)
{
	return pt[0] & PTE_HOME;
}

static u64 large_gpa(u64 pde)
{
	return pde & PTE_ADDR & LARGE_MASK;
}

/* The frame of a block in a large page or a home table. */
static u64 home_gpa(u64 pde)
{
	return is_large(pde) ? large_gpa(pde) : pt_of(pde)[0] & PTE_ADDR & LARGE_MASK;
}

static char *page_ptr(u64 gpa, u32 i)
{
	return gpa_to_va(gpa + ((u64)i << PAGE_SHIFT));
}

/* May page i hold something else than zeros?  Without a map: assume so. */
static bool page_dirty(const struct frame *f, u32 i)
{
	return !f->map || bit_test(f->map->dirty, i);
}

/* Page i is mapped. */
static void page_use(struct frame *f, u32 i)
{
	if (!f->map)
		return;
	bit_set(f->map->dirty, i);
	if (!bit_test(f->map->used, i)) {
		bit_set(f->map->used, i);
		f->nused++;
	}
}

static bool plain_entry(u64 e)
{
	return (e & PTE_PERM) == PTE_RW;
}

/* Sets entry i of a home table, keeping the count of plain pages. */
static void home_set(struct frame *f, u64 *pt, u32 i, u64 e)
{
	f->nrw = (u16)(f->nrw - plain_entry(pt[i]) + plain_entry(e));
	pt[i] = e;
}

int block_reserve(void)
{
	/* An operation splits at most the blocks at its two ends. */
	return pt_reserve(3) || map_reserve(3) ? -ENOMEM : 0;
}

/* ---- what an empty block remembers ---- */

#define HIST_MAP	PTE_W		/* the GPA of a map of the used pages, shifted */
#define HIST_ALL	PTE_U		/* all pages were used */
#define HIST_SHIFT	8

static struct page_map *hist_map(u64 pde)
{
	return pde & HIST_MAP ? gpa_to_va(pde >> HIST_SHIFT) : NULL;
}

/* The entry of a block that f backed until now. */
static u64 hist_entry(const struct frame *f)
{
	struct page_map *m;

	if (!f->map || f->nused == PAGES_PER_LARGE)
		return HIST_ALL;
	m = map_alloc();
	if (!m)
		return HIST_ALL;
	memcpy(m->used, f->map->used, sizeof(m->used));
	return va_to_gpa(m) << HIST_SHIFT | HIST_MAP;
}

/* The pages of s, in an empty block, were mapped, though never populated. */
static void hist_add(u64 *pde, const struct span *s)
{
	struct page_map *m = hist_map(*pde);
	u32 i;

	if (*pde & HIST_ALL)
		return;
	if (!m && !span_whole(s))
		m = map_alloc();
	if (!m || span_whole(s)) {
		map_free(m);
		*pde = HIST_ALL;
		return;
	}
	for (i = s->from; i < s->to; i++)
		bit_set(m->used, i);
	*pde = va_to_gpa(m) << HIST_SHIFT | HIST_MAP;
}

/* Takes the memory of an empty entry as f's map.  0 or -ENOMEM. */
static int hist_take(u64 pde, struct frame *f)
{
	u32 i;

	f->map = hist_map(pde);
	if (!f->map)
		f->map = map_alloc();
	if (!f->map)
		return -ENOMEM;
	if (pde & HIST_ALL)
		memset(f->map->used, 0xff, sizeof(f->map->used));
	for (f->nused = 0, i = 0; i < 8; i++)
		f->nused += (u16)__builtin_popcountl(f->map->used[i]);
	return 0;
}

/* Are the pages used before, of the block of s, all in s? */
static bool hist_fits(const struct span *s)
{
	const u64 *pde = pt_pde(s->base, false);
	const struct page_map *m;
	u32 i;

	if (!pde || !*pde || span_whole(s))
		return true;
	m = hist_map(*pde);
	if (!m)
		return false;
	for (i = 0; i < PAGES_PER_LARGE; i++)
		if ((i < s->from || i >= s->to) && bit_test(m->used, i))
			return false;
	return true;
}

bool block_fits(u64 start, u64 end)
{
	struct span first = span_of(start, end), last = span_of(MAX(start, (end - 1) & LARGE_MASK), end);

	return hist_fits(&first) && hist_fits(&last);
}

/* ---- splitting and joining ---- */

/* Gives f a map in which everything is used. */
static int map_full(struct frame *f)
{
	if (f->map)
		return 0;
	f->map = map_alloc();
	if (!f->map)
		return -ENOMEM;
	memset(f->map, 0xff, sizeof(*f->map));
	f->nused = PAGES_PER_LARGE;
	return 0;
}

/* Entries of a home table for what is mapped in the block; contents are there. */
static void home_write(struct frame *f, u64 *pt, u64 base, u64 gpa, u64 keep)
{
	const struct vma *v = vma_find(base);
	u32 i;

	f->nrw = 0;
	for (i = 0; i < PAGES_PER_LARGE; i++)
		pt[i] = (gpa + ((u64)i << PAGE_SHIFT)) | PTE_HOME;
	for (; v && v->start < base + LARGE_SIZE; v = v->next) {
		struct span s = span_of(MAX(v->start, base), MIN(v->end, base + LARGE_SIZE));
		u64 bits = prot_bits(v->prot) | PTE_VALID | keep;

		for (i = s.from; i < s.to; i++) {
			home_set(f, pt, i, pt[i] | bits);
			page_use(f, i);
		}
	}
}

/*
 * Large page to home table, as the mappings are now.  The caller has reserved a table and a map,
 * so this fails only for blocks in the middle of an operation, which are never split.
 */
static int split(u64 *pde, u64 base)
{
	u64 gpa = large_gpa(*pde), *pt;
	struct frame *f = frame_of(gpa);

	if (map_full(f))
		return -ENOMEM;
	pt = pt_alloc();
	if (!pt)
		return -ENOMEM;
	/* A processor may have the large page cached: entries must say so in their turn. */
	home_write(f, pt, base, gpa, *pde & PTE_A ? PTE_A | PTE_D : 0);
	if (*pde & PTE_A)
		tlb_note_all();
	*pde = pt_entry(pt);
	if (f->splits < UINT8_MAX)
		f->splits++;
	return 0;
}

/* Home table to large page, once everything that was ever used in it is plain. */
static void try_join(u64 *pde)
{
	u64 *pt = pt_of(*pde), gpa = pt[0] & PTE_ADDR;
	struct frame *f = frame_of(gpa);

	if (f->nrw != f->nused || f->splits > MAX_SPLITS)
		return;
	/*
	 * Nothing that was allowed is taken away, so nothing is flushed.  The old table may still
	 * be walked: it is parked by pt_free, and the entry counts as used from the start.
	 */
	*pde = gpa | PTE_RW | PTE_PS | PTE_A | PTE_D;
	pt_free(pt);
}

/* ---- attaching ---- */

/* Reads [off, off + n) of file to p; what lies beyond its end is zero. */
static int file_fill(struct file *file, char *p, size_t n, u64 off)
{
	size_t done = 0;

	while (done < n) {
		long r = file_pread(file, p + done, n - done, off + done);

		if (r < 0)
			return -EIO;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	memset(p + done, 0, n - done);
	return 0;
}

/* One mapping over the whole block: one large page. */
static int attach_whole(u64 *pde, const struct vma *v, u64 base, u64 gpa)
{
	int err = 0;

	if (v->file)
		err = file_fill(v->file, gpa_to_va(gpa), LARGE_SIZE, v->off + (base - v->start));
	if (err) {
		frame_free(gpa);
		return err;
	}
	map_free(hist_map(*pde));
	*pde = gpa | prot_bits(v->prot) | PTE_PS;
	return 0;
}

/* Marks what is mapped in the block as used.  Is that plain, and all that ever was used? */
static bool use_mapped(struct frame *f, u64 base)
{
	const struct vma *v = vma_find(base);
	bool plain = true;
	u32 i, n = 0;

	for (; v && v->start < base + LARGE_SIZE; v = v->next) {
		struct span s = span_of(MAX(v->start, base), MIN(v->end, base + LARGE_SIZE));

		for (i = s.from; i < s.to; i++)
			page_use(f, i);
		n += s.to - s.from;
		plain = plain && vma_plain(v);
	}
	return plain && n == f->nused;
}

/* Mappings of different kinds, or parts of the block: pages of files are left to be read. */
static void attach_table(u64 *pde, u64 *pt, u64 base, u64 gpa)
{
	struct frame *f = frame_of(gpa);
	const struct vma *v;
	u32 i;

	home_write(f, pt, base, gpa, 0);
	for (v = vma_find(base); v && v->start < base + LARGE_SIZE; v = v->next) {
		struct span s = span_of(MAX(v->start, base), MIN(v->end, base + LARGE_SIZE));

		for (i = s.from; v->file && i < s.to; i++)
			home_set(f, pt, i, (pt[i] & PTE_ADDR) | PTE_HOME);
	}
	*pde = pt_entry(pt);
}

/* Gives an empty block a frame.  0, -ENOMEM or -EIO. */
static int attach(u64 *pde, u64 base, unsigned int flags)
{
	const struct vma *v = vma_find(base);
	struct frame *f;
	u64 gpa, *pt;

	gpa = frame_alloc(flags);
	if (!gpa)
		return -ENOMEM;
	if (v && v->start <= base && v->end >= base + LARGE_SIZE)
		return attach_whole(pde, v, base, gpa);
	f = frame_of(gpa);
	if (hist_take(*pde, f)) {
		frame_free(gpa);
		return -ENOMEM;
	}
	if (use_mapped(f, base)) {
		f->nrw = f->nused;
		*pde = gpa | PTE_RW | PTE_PS;
		return 0;
	}
	pt = pt_alloc();
	if (!pt) {
		*pde = HIST_ALL;
		frame_free(gpa);
		return -ENOMEM;
	}
	attach_table(pde, pt, base, gpa);
	return 0;
}

/* Launcher's frames below free_gpa may be shared with a file on the host: never used again. */
static void detach_frame(u64 gpa)
{
	if (gpa >= boot->free_gpa)
		frame_free(gpa);
}

/* Empties a block in which nothing is to stay. */
static void detach(u64 *pde)
{
	u64 e = *pde, *pt, gpa;
	u32 i;

	if (e & PTE_A)
		tlb_note_all();
	if (is_large(e) || is_home(pt_of(e))) {
		gpa = home_gpa(e);
		*pde = hist_entry(frame_of(gpa));
		detach_frame(gpa);
	} else {
		*pde = HIST_ALL;
		for (pt = pt_of(e), i = 0; i < PAGES_PER_LARGE; i++)
			if (pt[i] & PTE_VALID)
				pages_free(gpa_to_va(pt[i] & PTE_ADDR), 1);
	}
	if (!is_large(e))
		pt_free(pt_of(e));
}

int block_adopt(const struct mvm_segment *s)
{
	u64 va, base, gpa, *pde, *pt;
	struct frame *f;
	u32 i;

	if (s->flags & MVM_SEG_LARGE)
		return 0;
	for (va = s->va; va < s->va + s->len; va = base + LARGE_SIZE) {
		base = va & LARGE_MASK;
		gpa = (s->gpa + (va - s->va)) & LARGE_MASK;
		pde = pt_pde(va, false);
		if (!pde || pde_empty(*pde) || is_large(*pde) || is_home(pt_of(*pde)))
			continue;
		pt = pt_of(*pde);
		f = frame_of(gpa);
		if (map_full(f))
			return -ENOMEM;
		f->nrw = 0;
		for (i = 0; i < PAGES_PER_LARGE; i++) {
			u64 e = pt[i] & PTE_P ? pt[i] | PTE_VALID :
					       gpa + ((u64)i << PAGE_SHIFT);

			pt[i] = 0;
			home_set(f, pt, i, e | PTE_HOME);
		}
	}
	return 0;
}

/* ---- covering ---- */

static void loose_fill_page(u64 *pt, u32 i, const struct vma *v)
{
	char *p = page_alloc(POOL_DATA, true);

	if (p)
		pt[i] = va_to_gpa(p) | prot_bits(v->prot) | PTE_VALID;
}

/*
 * Pages of a home table that were a hole become v's.  They count as accessed and dirty at once:
 * a host that shadows the table then takes neighbours in with the first page that is touched
 * (on the development host 0.7 us a page instead of 3).
 */
static void home_cover(u64 *pde, const struct vma *v, const struct span *s)
{
	u64 *pt = pt_of(*pde), gpa = pt[0] & PTE_ADDR;
	u64 seen = prot_bits(v->prot) == PTE_RW ? PTE_A | PTE_D : 0;
	u64 bits = v->file ? 0 : prot_bits(v->prot) | PTE_VALID | seen;
	struct frame *f = frame_of(gpa);
	u32 i;

	for (i = s->from; i < s->to; i++) {
		if (!v->file && page_dirty(f, i))
			memset(page_ptr(gpa, i), 0, PAGE_SIZE);
		page_use(f, i);
		home_set(f, pt, i, (gpa + ((u64)i << PAGE_SHIFT)) | PTE_HOME | bits);
	}
	try_join(pde);
}

/* Pages of a large page that were a hole become v's. */
static void large_cover(u64 *pde, const struct vma *v, const struct span *s)
{
	u64 gpa = large_gpa(*pde);
	struct frame *f = frame_of(gpa);
	u32 i;

	if (vma_plain(v) && plain_entry(*pde)) {
		for (i = s->from; i < s->to; i++) {
			if (f->map)
				f->nrw++;
			else
				memset(page_ptr(gpa, i), 0, PAGE_SIZE);
			page_use(f, i);
		}
	} else if (!split(pde, s->base)) {
		/* split() saw the new mapping already; here its pages get their proper contents. */
		home_cover(pde, v, s);
	}
}

static void cover_span(u64 *pde, const struct vma *v, const struct span *s, bool eager)
{
	u32 i;

	if (pde_empty(*pde)) {
		if (eager)
			attach(pde, s->base, FRAME_LOW);
	} else if (is_large(*pde)) {
		large_cover(pde, v, s);
	} else if (is_home(pt_of(*pde))) {
		home_cover(pde, v, s);
	} else if (eager && !v->file) {
		for (i = s->from; i < s->to; i++)
			loose_fill_page(pt_of(*pde), i, v);
	}
}

void block_cover(const struct vma *v, u64 start, u64 end, bool eager)
{
	u64 va = start, next = 0;

	while (va < end) {
		u64 *pde = eager ? pt_pde(va, true) : pt_pde_next(va, &next);
		struct span s = span_of(va, end);

		if (pde)
			cover_span(pde, v, &s, eager);
		va = pde || eager ? s.base + LARGE_SIZE : next;
	}
}

/* ---- uncovering ---- */

static void uncover_table(u64 *pt, const struct span *s)
{
	bool home = is_home(pt);
	u32 i;

	for (i = s->from; i < s->to; i++) {
		u64 e = pt[i];

		if (pte_takes(e, 0))
			tlb_note(s->base + ((u64)i << PAGE_SHIFT));
		if (home) {
			home_set(frame_of(e & PTE_ADDR), pt, i, (e & PTE_ADDR) | PTE_HOME);
		} else {
			pt[i] = 0;
			if (e & PTE_VALID)
				pages_free(gpa_to_va(e & PTE_ADDR), 1);
		}
	}
}

void block_uncover(u64 start, u64 end)
{
	/* Remembering costs a directory for each GiB: too much for what was only reserved. */
	bool create = end - start <= REMEMBER_MAX;
	u64 va = start, next = end;

	while (va < end) {
		u64 *pde = create ? pt_pde(va, true) : pt_pde_next(va, &next);
		struct span s = span_of(va, end);

		if (!pde) {
			va = next;
			continue;
		}
		va = s.base + LARGE_SIZE;
		if (pde_empty(*pde))
			hist_add(pde, &s);
		else if (vma_range_free(s.base, s.base + LARGE_SIZE))
			detach(pde);
		else if (is_large(*pde))
			split(pde, s.base);
		else
			uncover_table(pt_of(*pde), &s);
	}
}

/* ---- changing permissions ---- */

static u64 with_prot(u64 e, u64 bits)
{
	u64 flags = bits & PTE_P ? e & (PTE_A | PTE_D) : 0;

	return (e & (PTE_ADDR | PTE_PS | PTE_HOME | PTE_VALID)) | flags | bits;
}

static void protect_large(u64 *pde, u64 bits)
{
	u64 new = with_prot(*pde, bits);

	if (pte_takes(*pde, new))
		tlb_note_all();
	*pde = new;
}

static void protect_table(u64 *pt, const struct span *s, u64 bits)
{
	bool home = is_home(pt);
	u32 i;

	for (i = s->from; i < s->to; i++) {
		u64 old = pt[i], new;

		if (!(old & PTE_VALID))
			continue;
		new = with_prot(old, bits);
		if (pte_takes(old, new))
			tlb_note(s->base + ((u64)i << PAGE_SHIFT));
		if (home)
			home_set(frame_of(old & PTE_ADDR), pt, i, new);
		else
			pt[i] = new;
	}
}

static void protect_span(u64 *pde, const struct vma *v, const struct span *s, bool eager)
{
	u64 bits = prot_bits(v->prot);

	if (pde_empty(*pde)) {
		if (eager)
			attach(pde, s->base, FRAME_LOW);
	} else if (is_large(*pde)) {
		if ((*pde & PTE_PERM) == bits)
			return;
		if (span_whole(s))
			protect_large(pde, bits);
		else
			split(pde, s->base);
	} else {
		protect_table(pt_of(*pde), s, bits);
		if (is_home(pt_of(*pde)))
			try_join(pde);
	}
}

void block_protect(const struct vma *v, u64 start, u64 end, bool eager)
{
	u64 va = start, next = 0;

	while (va < end) {
		u64 *pde = eager ? pt_pde(va, true) : pt_pde_next(va, &next);
		struct span s = span_of(va, end);

		if (pde)
			protect_span(pde, v, &s, eager);
		va = pde || eager ? s.base + LARGE_SIZE : next;
	}
}

/* ---- populating ---- */

/* Pages of a table that v maps and that are not there yet. */
static int fill_home(u64 *pt, const struct vma *v, const struct span *s)
{
	struct frame *f = frame_of(pt[0] & PTE_ADDR);
	u32 i, n;

	for (i = s->from; i < s->to; i += n) {
		u64 va = s->base + ((u64)i << PAGE_SHIFT);

		for (n = 0; i + n < s->to && !(pt[i + n] & PTE_VALID); n++)
			;
		if (n && v->file &&
		    file_fill(v->file, gpa_to_va(pt[i] & PTE_ADDR), (size_t)n << PAGE_SHIFT,
			      v->off + (va - v->start)))
			return -EIO;
		for (u32 k = i; k < i + n; k++)
			home_set(f, pt, k, pt[k] | PTE_VALID | prot_bits(v->prot));
		if (!n)
			n = 1;
	}
	return 0;
}

static int fill_loose(u64 *pt, const struct vma *v, const struct span *s)
{
	u32 i;

	for (i = s->from; i < s->to; i++) {
		u64 va = s->base + ((u64)i << PAGE_SHIFT);
		char *p;

		if (pt[i] & PTE_VALID)
			continue;
		p = page_alloc(POOL_DATA, !v->file);
		if (!p)
			return -ENOMEM;
		if (v->file && file_fill(v->file, p, PAGE_SIZE, v->off + (va - v->start))) {
			pages_free(p, 1);
			return -EIO;
		}
		pt[i] = va_to_gpa(p) | prot_bits(v->prot) | PTE_VALID;
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
		err = attach(pde, s->base, big ? FRAME_HUGE : FRAME_LOW);
		if (err == -EIO)
			return err;
		if (err) {
			pt = pt_alloc();
			if (!pt)
				return -ENOMEM;
			map_free(hist_map(*pde));
			*pde = pt_entry(pt);
		}
	}
	if (is_large(*pde))
		return 0;
	pt = pt_of(*pde);
	return is_home(pt) ? fill_home(pt, v, s) : fill_loose(pt, v, s);
}

int block_fill(const struct vma *v, u64 start, u64 end)
{
	while (start < end) {
		struct span s = span_of(start, end);
		int err = fill_span(v, &s);

		if (err)
			return err;
		start = s.base + LARGE_SIZE;
	}
	return 0;
}

bool block_fill_cheap(const struct vma *v, u64 base)
{
	u64 *pde = pt_pde(base, true);

	return pde && pde_empty(*pde) && vma_plain(v) && !attach(pde, base, FRAME_HUGE | FRAME_CHEAP);
}

/* ---- dropping ---- */

static void drop_table(u64 *pt, const struct vma *v, const struct span *s)
{
	u32 i;

	if (v->file || !is_home(pt)) {
		/* Read again, or taken from fresh memory again, at the next touch. */
		uncover_table(pt, s);
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
			detach(pde);
		} else if (!is_large(*pde)) {
			drop_table(pt_of(*pde), v, &s);
		} else if (v->file) {
			if (!split(pde, s.base))
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
