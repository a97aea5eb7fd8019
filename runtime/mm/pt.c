/* SPDX-License-Identifier: MIT */
/*
 * Walks and extends the four-level page tables, and batches TLB flushes.  What an entry of the
 * last two levels means to an application's mapping is block.c's affair.
 *
 * A flush costs about 30 us on a host that shadows these tables, so entries that were never
 * used for a translation (accessed flag clear, SDM 4.10.2.3: nothing can be cached) need none,
 * and everything else is collected and flushed once at the end.
 */
#include "mm/pt.h"
#include "mm/mm.h"

#define SPARE_MAX	16U
#define PARKED_MAX	64U

static struct {
	u64 *pml4;
	u64 boot_next, boot_end;	/* unused pages of the launcher's table area (GPA) */
	u64 *spare[SPARE_MAX];		/* free tables */
	u32 nspare;
	u64 *parked[PARKED_MAX];	/* freed, but the processor may still walk them */
	u32 nparked;
	u64 last_va;			/* the directory found last: 1 GiB of addresses */
	u64 *last_pd;
	u32 notes;			/* pages to be flushed; all: everything */
	u64 note_va;
	bool all;
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
	pt.notes++;
	pt.note_va = va;
}

void tlb_note_all(void)
{
	pt.all = true;
}

void tlb_commit(void)
{
	if (likely(!pt.all && !pt.notes))
		return;
	/* One gate call costs the same for one page and for all, so two pages are all of them. */
	if (pt.all || pt.notes > 1) {
		gate_flush_tlb();
		while (pt.nparked)
			pt_spare(pt.parked[--pt.nparked]);
	} else {
		gate_invlpg(pt.note_va);
	}
	pt.all = false;
	pt.notes = 0;
}
