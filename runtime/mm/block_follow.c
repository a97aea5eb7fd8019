/* SPDX-License-Identifier: MIT */
/*
 * Page tables follow the mappings: memory that becomes mapped, unmapped, or gets another
 * permission.
 */
#include "mm/block_int.h"
#include "mm/mm.h"

#define REMEMBER_MAX	(64UL << 20)	/* unmapped at once, remembered though never populated */

/* ---- covering ---- */

static void loose_fill_page(u64 *pt, u32 i, const struct vma *v)
{
	char *p = page_alloc(POOL_DATA, true);

	if (p)
		pt[i] = va_to_gpa(p) | page_bits(v);
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
	u64 bits = v->file ? 0 : page_bits(v) | seen;
	struct frame *f = frame_of(gpa);
	u32 i;

	for (i = s->from; i < s->to; i++) {
		if (!v->file && page_dirty(f, i))
			memset(page_ptr(gpa, i), 0, PAGE_SIZE);
		page_use(f, i);
		home_set(f, pt, i, (gpa + ((u64)i << PAGE_SHIFT)) | PTE_HOME | bits);
	}
	block_join(pde);
}

/* Splits a large page of which the pages of s get other rights. */
static int split_span(u64 *pde, const struct span *s)
{
	bool seen = *pde & PTE_A;
	u32 i;

	for (i = s->from; seen && i < s->to; i++)
		tlb_note(s->base + ((u64)i << PAGE_SHIFT));
	return block_split(pde, s->base);
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
	} else if (!split_span(pde, s)) {
		/* block_split() saw the new mapping already; its pages get their contents here. */
		home_cover(pde, v, s);
	}
}

static void cover_span(u64 *pde, const struct vma *v, const struct span *s, bool eager)
{
	u32 i;

	if (pde_empty(*pde)) {
		if (eager)
			block_attach(pde, s->base, FRAME_LOW);
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

void block_uncover_table(u64 *pt, const struct span *s)
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
				loose_free(e);
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
			block_detach(pde, s.base);
		else if (is_large(*pde))
			split_span(pde, &s);
		else
			block_uncover_table(pt_of(*pde), &s);
	}
}

/* ---- changing permissions ---- */

static u64 with_prot(u64 e, u64 bits)
{
	/* A page of a shared file stays to be written back whatever becomes of its rights. */
	u64 flags = bits & PTE_P ? e & (PTE_A | PTE_D) : e & PTE_FILE ? e & PTE_D : 0;

	return (e & (PTE_ADDR | PTE_PS | PTE_HOME | PTE_VALID | PTE_FILE | PTE_TWIN)) | flags |
	       bits;
}

static void protect_large(u64 *pde, u64 base, u64 bits)
{
	u64 new = with_prot(*pde, bits);

	if (pte_takes(*pde, new))
		tlb_note_large(base);
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
			block_attach(pde, s->base, FRAME_LOW);
	} else if (is_large(*pde)) {
		if ((*pde & PTE_PERM) == bits)
			return;
		if (span_whole(s))
			protect_large(pde, s->base, bits);
		else
			split_span(pde, s);
	} else {
		protect_table(pt_of(*pde), s, bits);
		if (is_home(pt_of(*pde)))
			block_join(pde);
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
