/* SPDX-License-Identifier: MIT */
/*
 * Page tables in guest RAM.  See pagetable.h; what is mapped where is load.c's to say.
 */
#include "pagetable.h"

#include <errno.h>
#include <stddef.h>

#define PTE_P		(1ULL << 0)
#define PTE_RW		(1ULL << 1)
#define PTE_US		(1ULL << 2)
#define PTE_A		(1ULL << 5)
#define PTE_D		(1ULL << 6)
#define PTE_PS		(1ULL << 7)
#define PTE_NX		(1ULL << 63)
#define PTE_ADDR	0x000ffffffffff000ULL

#define LEVEL_PT	0
#define LEVEL_PD	1
#define LEVEL_PML4	3

static uint64_t *table_at(const struct pagetable *pt, uint64_t gpa)
{
	return (uint64_t *)(void *)(pt->hva + gpa);
}

/* A zeroed table, or 0.  GPA 0 is boot information and never a table. */
static uint64_t new_table(struct pagetable *pt)
{
	uint64_t gpa;

	if (pt->next == pt->end) {
		if (pt->limit - pt->free_gpa < MVM_LARGE_SIZE)
			return 0;
		pt->next = pt->free_gpa;
		pt->free_gpa += MVM_LARGE_SIZE;
		pt->end = pt->free_gpa;
	}
	gpa = pt->next;
	pt->next += MVM_PAGE_SIZE;
	return gpa;
}

/* The entry for va at the given level; missing tables above it are made. */
static uint64_t *entry_for(struct pagetable *pt, uint64_t va, int level)
{
	uint64_t table = pt->root;
	uint64_t *e = NULL;

	for (int l = LEVEL_PML4; ; l--) {
		e = table_at(pt, table) + ((va >> (12 + 9 * l)) & 511);
		if (l == level)
			return e;
		if (!*e) {
			uint64_t gpa = new_table(pt);

			if (!gpa)
				return NULL;
			*e = gpa | PTE_P | PTE_RW | PTE_US | PTE_A;
		}
		table = *e & PTE_ADDR;
	}
}

static uint64_t bits_of(uint32_t prot)
{
	uint64_t bits = PTE_P | PTE_US | PTE_A;

	if (prot & MVM_PROT_WRITE)
		bits |= PTE_RW | PTE_D;
	if (!(prot & MVM_PROT_EXEC))
		bits |= PTE_NX;
	return bits;
}

/* One walk for each table, not for each page. */
static int map_at(struct pagetable *pt, uint64_t va, uint64_t gpa, uint64_t len, uint32_t prot,
		  int level)
{
	uint64_t step = level == LEVEL_PT ? MVM_PAGE_SIZE : MVM_LARGE_SIZE;
	uint64_t bits = bits_of(prot) | (level == LEVEL_PT ? 0 : PTE_PS);
	uint64_t *e = NULL;

	if (!prot)
		return 0;
	for (uint64_t done = 0; done < len; done += step, e++) {
		if (!e || !((va + done) & (step * 512 - 1))) {
			e = entry_for(pt, va + done, level);
			if (!e)
				return -ENOMEM;
		}
		*e = (gpa + done) | bits;
	}
	return 0;
}

void pt_init(struct pagetable *pt, uint8_t *hva, uint64_t free_gpa, uint64_t limit)
{
	pt->hva = hva;
	pt->next = MVM_GPA_PT;
	pt->end = MVM_GPA_PT + MVM_PT_MAX;
	pt->free_gpa = free_gpa;
	pt->limit = limit;
	pt->root = new_table(pt);
}

int pt_map(struct pagetable *pt, uint64_t va, uint64_t gpa, uint64_t len, uint32_t prot)
{
	return map_at(pt, va, gpa, len, prot, LEVEL_PT);
}

int pt_reserve(struct pagetable *pt, uint64_t va)
{
	return entry_for(pt, va, LEVEL_PD) ? 0 : -ENOMEM;
}

int pt_map_large(struct pagetable *pt, uint64_t va, uint64_t gpa, uint64_t len, uint32_t prot)
{
	return map_at(pt, va, gpa, len, prot, LEVEL_PD);
}
