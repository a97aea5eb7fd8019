/* SPDX-License-Identifier: MIT */
/*
 * Walks and extends the four-level page tables, and batches TLB flushes.  What an entry of the
 * last two levels means to an application's mapping is block.c's affair.
 *
 * A flush costs about 25 us on a host that shadows these tables, so entries that were never
 * used for a translation (accessed flag clear, SDM 4.10.2.3: nothing can be cached) need none,
 * and everything else is collected and flushed once at the end.
 */
#include "asm.h"
#include "mm/pt.h"
#include "mm/mm.h"

#define SPARE_MAX	16U
#define PARKED_MAX	64U
#define RANGE_MIN	5U

static struct {
	u64 *pml4;
	u64 boot_next, boot_end;	/* unused pages of the launcher's table area (GPA) */
	u64 *spare[SPARE_MAX];		/* free tables */
	u32 nspare;
	u64 *parked[PARKED_MAX];	/* freed, but the processor may still walk them */
	u32 nparked;
	u64 last_va;			/* the directory found last: 1 GiB of addresses */
	u64 *last_pd;
	u32 ntables;			/* tables in use */
	u32 notes;			/* pages from note_va on to be flushed */
	u64 note_va;
	bool note_large;		/* it is one of 2 MiB */
	bool all;			/* everything is to be flushed */
	bool mixed;			/* see tlb_mixed() */
} pt;

static u64 *table(u64 entry)
{
	return gpa_to_va(entry & PTE_ADDR);
}

void pt_init(void)
{
	pt.pml4 = gpa_to_va(boot->pml4_gpa);
	pt.boot_next = boot->pt_next;
	pt.boot_end = MVM_GPA_PT + MVM_PT_MAX;
	pt.last_va = UINT64_MAX;
}

u64 *pt_alloc(void)
{
	u64 *t;

	pt.ntables++;
	if (pt.nspare) {
		t = pt.spare[--pt.nspare];
	} else if (pt.boot_next + PAGE_SIZE <= pt.boot_end) {
		t = gpa_to_va(pt.boot_next);
		pt.boot_next += PAGE_SIZE;
	} else {
		return page_alloc(POOL_PT, true);
	}
	memset(t, 0, PAGE_SIZE);
	return t;
}

void pt_spare(u64 *t)
{
	if (pt.nspare < SPARE_MAX)
		pt.spare[pt.nspare++] = t;
	else if (va_to_gpa(t) >= boot->free_gpa)
		pages_free(t, 1);
}

void pt_free(u64 *t)
{
	if (pt.nparked == PARKED_MAX) {
		tlb_note_all();
		tlb_commit();
	}
	pt.parked[pt.nparked++] = t;
	pt.ntables--;
}

int pt_reserve(unsigned int n)
{
	while (pt.nspare < n) {
		u64 *t;

		if ((pt.boot_end - pt.boot_next) / PAGE_SIZE >= n)
			return 0;
		t = page_alloc(POOL_PT, false);
		if (!t)
			return -ENOMEM;
		pt.spare[pt.nspare++] = t;
	}
	return 0;
}

/* The table below entry e, made when it is missing and create. */
static u64 *descend(u64 *e, bool create)
{
	u64 *t;

	if (*e & PTE_P)
		return table(*e);
	if (!create)
		return NULL;
	t = pt_alloc();
	if (t)
		*e = pt_entry(t);
	return t;
}

u64 *pt_pde(u64 va, bool create)
{
	u64 *t;

	if (va >> 30 == pt.last_va)
		return &pt.last_pd[va >> 21 & 511];
	t = descend(&pt.pml4[va >> 39 & 511], create);
	if (!t)
		return NULL;
	t = descend(&t[va >> 30 & 511], create);
	if (!t)
		return NULL;
	pt.last_va = va >> 30;
	pt.last_pd = t;
	return &t[va >> 21 & 511];
}

u64 *pt_pde_next(u64 va, u64 *next)
{
	u64 e;

	if (va >> 30 == pt.last_va)
		return &pt.last_pd[va >> 21 & 511];
	e = pt.pml4[va >> 39 & 511];
	if (!(e & PTE_P)) {
		*next = ((va >> 39) + 1) << 39;
		return NULL;
	}
	if (!(table(e)[va >> 30 & 511] & PTE_P)) {
		*next = ((va >> 30) + 1) << 30;
		return NULL;
	}
	return pt_pde(va, false);
}

u64 *pt_leaf(u64 va, bool *large)
{
	u64 *pde = pt_pde(va, false);

	if (!pde || pde_empty(*pde))
		return NULL;
	*large = *pde & PTE_PS;
	return *large ? pde : &pt_of(*pde)[va >> 12 & 511];
}

/* ---- the linear map ---- */

int pt_linear_prepare(u64 end)
{
	u64 gpa;

	for (gpa = 0; gpa < end; gpa += 1UL << 30)
		if (!pt_pde(MVM_VA_LINEAR + gpa, true))
			return -ENOMEM;
	return 0;
}

void pt_linear_extend(u64 from, u64 end)
{
	u64 gpa;

	for (gpa = from; gpa < end; gpa += LARGE_SIZE)
		*pt_pde(MVM_VA_LINEAR + gpa, false) = gpa | PTE_RW | PTE_PS;
}

/* ---- TLB ---- */

void tlb_note(u64 va)
{
	/* Pages in a row are one range. */
	if (!pt.notes)
		pt.note_va = va;
	else if (pt.note_large || va != pt.note_va + pt.notes * PAGE_SIZE)
		pt.all = true;
	pt.notes++;
}

void tlb_note_large(u64 va)
{
	/* One INVLPG drops a large page; but not also small ones from before it was large. */
	if (pt.notes || pt.mixed)
		pt.all = true;
	pt.note_va = va;
	pt.note_large = true;
	pt.notes = 1;
}

void tlb_note_all(void)
{
	pt.all = true;
}

void tlb_mixed(void)
{
	pt.mixed = true;
}

/*
 * How many single pages are cheaper than everything.  A host that shadows the tables looks at
 * all of them again when everything is flushed (on the development host 3 us for each that was
 * changed, and as much again at its next change), while a page costs it 1.3 us.
 */
static u32 range_max(void)
{
	return MIN(MAX(pt.ntables, RANGE_MIN), GATE_PAGES_MAX);
}

void tlb_commit(void)
{
	if (likely(!pt.all && !pt.notes))
		return;
	if (pt.all || pt.notes > range_max()) {
		gate_flush_tlb();
		pt.mixed = false;
	} else {
		gate_invlpg(pt.note_va, pt.notes);
	}
	/* Either drops all cached pointers to tables (SDM 4.10.4.1), so the freed ones are free. */
	while (pt.nparked)
		pt_spare(pt.parked[--pt.nparked]);
	pt.all = false;
	pt.note_large = false;
	pt.notes = 0;
}
