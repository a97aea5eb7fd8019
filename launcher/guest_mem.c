/* SPDX-License-Identifier: MIT */
/* The walk through the guest's page tables (SDM volume 3, 4.5).  See guest_mem.h. */
#include "guest_mem.h"

#include <string.h>
#include "service/gate.h"

#define PTE_PRESENT	1ULL
#define PTE_WRITE	2ULL
#define PTE_LARGE	0x80ULL
#define PTE_NX		(1ULL << 63)
#define PTE_ADDR	0x000ffffffffff000ULL
#define LEVELS		4
#define INDEX_BITS	9
#define VA_END		(1ULL << 47)	/* the runtime has nothing in the upper half */

/* Bytes of virtual memory behind an entry of a table of this level, 0: the lowest. */
static uint64_t span(unsigned int level)
{
	return MVM_PAGE_SIZE << (INDEX_BITS * level);
}

bool guest_piece(const struct guest *g, uint64_t va, struct guest_piece *p, uint64_t *next)
{
	uint64_t table = g->pml4, entry, mask, gpa;
	uint32_t prot = MVM_PROT_READ | MVM_PROT_WRITE | MVM_PROT_EXEC;
	unsigned int level = LEVELS;

	*next = 0;
	if (va >= VA_END)
		return false;
	do {
		level--;
		mask = span(level) - 1;
		*next = (va | mask) + 1 < VA_END ? (va | mask) + 1 : 0;
		if (gate_copy_in(g->ram, &entry, (mvm_gpa_t){
				 table + (va >> (12 + INDEX_BITS * level) & 511) * sizeof(entry) },
				 sizeof(entry)) || !(entry & PTE_PRESENT))
			return false;
		if (!(entry & PTE_WRITE))
			prot &= ~MVM_PROT_WRITE;
		if (entry & PTE_NX)
			prot &= ~MVM_PROT_EXEC;
		table = entry & PTE_ADDR;
	} while (level && !(entry & PTE_LARGE));
	gpa = (table & ~mask) + (va & mask);
	*p = (struct guest_piece){
		.va = va, .len = mask + 1 - (va & mask), .prot = prot,
		.host = level < 2 ? gate(g->ram, (mvm_gpa_t){ gpa }, mask + 1 - (va & mask)) : NULL,
	};
	return p->host;
}

static uint64_t copy(const struct guest *g, uint64_t va, void *out, const void *in, uint64_t len)
{
	struct guest_piece p;
	uint64_t done, n, next;

	for (done = 0; done < len; done += n) {
		if (!guest_piece(g, va + done, &p, &next))
			break;
		n = p.len < len - done ? p.len : len - done;
		if (out)
			memcpy((uint8_t *)out + done, p.host, n);
		else
			memcpy(p.host, (const uint8_t *)in + done, n);
	}
	return done;
}

uint64_t guest_read(const struct guest *g, uint64_t va, void *buf, uint64_t len)
{
	return copy(g, va, buf, NULL, len);
}

uint64_t guest_write(const struct guest *g, uint64_t va, const void *buf, uint64_t len)
{
	return copy(g, va, NULL, buf, len);
}
