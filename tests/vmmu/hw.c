/* SPDX-License-Identifier: MIT */
/*
 * The processor that runs the guest on the shadow tables, with CR0.WP and EFER.NXE set, the
 * guest's SMEP and SMAP, and no PCIDs.  Each cache slot has two ways, so that an old and a
 * new entry live side by side; which is used, or none, is chosen at random.  See model.h.
 */
#include "model.h"

struct tlb { u64 pfn, rights; u32 gen; };
struct psc { const u64 *table; u64 rights; u32 gen; };

struct hw {
	struct tlb tlb[VAS][2];
	struct psc psc[5][VAS / N1][2];	/* by level of the table it leads to: 3, 2, 1 */
};

void hw_init(void)
{
	int i;

	for (i = 0; i < NCPUS; i++)
		if (!cpus[i].hw)
			cpus[i].hw = calloc(1, sizeof(struct hw));
}

void hw_flush(struct cpu *c)
{
	c->gen++;
}

/* The number of a cached table at this level, for an address. */
static int psc_slot(int id, int level)
{
	return level == 3 ? id / N1 / N2 / N3 : level == 2 ? id / N1 / N2 : id / N1;
}

static bool permitted(struct cpu *c, u64 rights, struct access a)
{
	bool user = a.code & MVM_FAULT_U, user_page = rights & PT_U;

	if (user && !user_page)
		return false;
	if (a.code & MVM_FAULT_I)
		return !(rights & PT_NX) &&
		       (user || !user_page || !(c->vcpu.regs.cr4 & X86_CR4_SMEP));
	if (!user && user_page && c->vcpu.regs.cr4 & X86_CR4_SMAP && (a.implicit || !guest_ac(c)))
		return false;
	return !(a.code & MVM_FAULT_W) || rights & PT_W;
}

/* Walks the shadow tables, perhaps from a cached table; false: not present. */
static bool walk(struct cpu *c, int id, struct tlb *out)
{
	const u64 *table = c->root;
	u64 rights = PT_W | PT_U, addr = va_addr(id);
	int level = 4, from;

	for (from = 1; from <= 3; from++) {
		struct psc *p = &c->hw->psc[from][psc_slot(id, from)][rnd(2)];

		if (p->gen == c->gen && rnd(2)) {
			level = from;
			table = p->table;
			rights = p->rights;
			break;
		}
	}
	for (; ; level--) {
		u64 *e = (u64 *)&table[pt_index(addr, level)];

		if (!(*e & PT_P))
			return false;
		*e |= PT_A;
		rights = (rights & *e & (PT_W | PT_U)) | ((rights | *e) & PT_NX);
		if (level == 1 || *e & PT_PS) {
			u64 low = (1ULL << 9 * (level - 1)) - 1;

			if (level > 2)
				fail("a shadow leaf at level %d", level);
			if (*e & PT_W && !(*e & PT_D))
				fail("a shadow leaf with W but not D");
			if ((*e & PT_ADDR) >> 12 & low)
				fail("a large shadow leaf that is not aligned");
			out->pfn = (*e & PT_ADDR) >> 12 | (addr >> 12 & low);
			out->rights = rights;
			out->gen = c->gen;
			return true;
		}
		table = (const u64 *)(uintptr_t)(*e & PT_ADDR);
		if (rnd(4))
			c->hw->psc[level - 1][psc_slot(id, level - 1)][rnd(2)] =
				(struct psc){ table, rights, c->gen };
	}
}

void hw_speculate(struct cpu *c, int id)
{
	struct tlb t;

	if (!c->flush && c->root && walk(c, id, &t))
		c->hw->tlb[id][rnd(2)] = t;
}

int hw_access(struct cpu *c, int id, struct access a, u64 *pfn, u32 *code)
{
	struct tlb *t = &c->hw->tlb[id][rnd(2)], fresh;
	int i, j;

	if (t->gen != c->gen || one_in(4)) {
		if (!walk(c, id, &fresh)) {
			*code = a.code;
			goto fault;
		}
		*t = fresh;
	}
	if (permitted(c, t->rights, a)) {
		*pfn = t->pfn;
		return 0;
	}
	*code = a.code | MVM_FAULT_P;
fault:
	if (!hw_hostile) {
		for (i = 0; i < 2; i++) {
			c->hw->tlb[id][i].gen = c->gen - 1;
			for (j = 1; j <= 3; j++)
				c->hw->psc[j][psc_slot(id, j)][i].gen = c->gen - 1;
		}
	}
	return -1;
}

/* A table that is freed must be in no cache that will be used again. */
void hw_check_free(const u64 *table)
{
	int i, level, slot, way;

	for (i = 0; i < NCPUS; i++) {
		struct cpu *c = &cpus[i];

		if (c->flush)
			continue;
		if (c->root == table)
			fail("the root of a processor is freed");
		for (level = 1; level <= 3; level++)
			for (slot = 0; slot < VAS / N1; slot++)
				for (way = 0; way < 2; way++)
					if (c->hw->psc[level][slot][way].gen == c->gen &&
					    c->hw->psc[level][slot][way].table == table)
						fail("a table is freed that processor %d knows", i);
	}
}
