/* SPDX-License-Identifier: MIT */
/*
 * The states of a block and the ways between them: attaching a frame, splitting a large page
 * where permissions begin to differ, joining it again, and giving the frame back.  See block.h.
 */
#include "mm/block_int.h"
#include "mm/mm.h"

#define MAX_SPLITS	3U		/* after so many a block stays in small pages */

int block_reserve(void)
{
	/* An operation splits at most the blocks at its two ends. */
	return pt_reserve(3) || map_reserve(3) ? -ENOMEM : 0;
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
		u64 bits = page_bits(v) | keep;

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
int block_split(u64 *pde, u64 base)
{
	u64 gpa = large_gpa(*pde), *pt;
	struct frame *f = frame_of(gpa);

	if (map_full(f))
		return -ENOMEM;
	pt = pt_alloc();
	if (!pt)
		return -ENOMEM;
	/*
	 * A processor may have the large page cached: entries must say so in their turn.  That
	 * needs no flush; only what the caller takes away does.  Code is another matter: two sizes
	 * of one address in the instruction TLB are a machine check on some processors.
	 */
	home_write(f, pt, base, gpa, *pde & PTE_A ? PTE_A | PTE_D : 0);
	if (*pde & PTE_A && !(*pde & PTE_NX))
		tlb_note_all();
	*pde = pt_entry(pt);
	if (f->splits < UINT8_MAX)
		f->splits++;
	return 0;
}

/* Home table to large page, once everything that was ever used in it is plain. */
void block_join(u64 *pde)
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
	tlb_mixed();
}

/* Launcher's frames below free_gpa may be shared with a file on the host: never used again. */
static void detach_frame(u64 gpa)
{
	if (gpa >= boot->free_gpa)
		frame_free(gpa);
}

/* Entry e of a home table in a table of loose pages.  False: out of memory. */
static bool loosen_page(u64 e, u64 *to)
{
	char *p;

	if (!(e & PTE_VALID))
		return true;
	p = page_alloc(POOL_DATA, false);
	if (!p)
		return false;
	memcpy(p, gpa_to_va(e & PTE_ADDR), PAGE_SIZE);
	*to = va_to_gpa(p) | (e & ~(PTE_ADDR | PTE_HOME));
	return true;
}

int block_loosen(u64 *pde, u64 base)
{
	u64 *pt = pt_alloc(), *home, gpa;
	u32 i;

	if (!pt || (is_large(*pde) && block_split(pde, base))) {
		if (pt)
			pt_spare(pt);
		return -ENOMEM;
	}
	/* Code comes to lie elsewhere: where the host looks at frames that has to be allowed. */
	exec_changes(base, base + LARGE_SIZE);
	home = pt_of(*pde);
	for (i = 0; i < PAGES_PER_LARGE; i++)
		if (!loosen_page(home[i], &pt[i]))
			break;
	if (i < PAGES_PER_LARGE) {
		while (i--)
			if (pt[i] & PTE_VALID)
				pages_free(gpa_to_va(pt[i] & PTE_ADDR), 1);
		pt_spare(pt);
		return -ENOMEM;
	}
	gpa = home_gpa(*pde);
	detach_frame(gpa);
	pt_free(home);
	*pde = pt_entry(pt);
	tlb_note_all();
	return 0;
}

/* ---- attaching ---- */

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

int block_attach(u64 *pde, u64 base, unsigned int flags)
{
	const struct vma *v = vma_find(base);
	struct frame *f;
	u64 gpa, *pt;

	gpa = frame_alloc(flags);
	if (!gpa)
		return -ENOMEM;
	if (v && v->start <= base && v->end >= base + LARGE_SIZE && !v->file) {
		map_free(hist_map(*pde));
		*pde = gpa | prot_bits(v->prot) | PTE_PS;
		return 0;
	}
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

/* Empties a block in which nothing is to stay. */
void block_detach(u64 *pde, u64 base)
{
	u64 e = *pde, *pt, gpa;
	u32 i;

	if (is_large(e) && pte_takes(e, 0))
		tlb_note_large(base);
	for (pt = pt_of(e), i = 0; !is_large(e) && i < PAGES_PER_LARGE; i++)
		if (pte_takes(pt[i], 0))
			tlb_note(base + ((u64)i << PAGE_SHIFT));
	if (is_large(e) || is_home(pt)) {
		gpa = home_gpa(e);
		*pde = hist_entry(frame_of(gpa));
		detach_frame(gpa);
	} else {
		*pde = HIST_ALL;
		for (i = 0; i < PAGES_PER_LARGE; i++)
			if (pt[i] & PTE_VALID)
				loose_free(pt[i]);
	}
	if (!is_large(e))
		pt_free(pt);
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
