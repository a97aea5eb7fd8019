/* SPDX-License-Identifier: MIT */
/* The guest's tables, their history, the architecture's walk, and the oracle; see model.h. */
#include <stdio.h>
#include "model.h"

#define VERSIONS 32

/* An entry's values, oldest first, and since when each. */
struct history {
	int n;
	u64 lost;			/* before this time nothing is known */
	struct { u64 val, since; } v[VERSIONS];
};

static u64 mem[NTABLES][512];
static struct history *history[NTABLES][512];

static const int idx4[N4] = { 0, 1, 256 }, idx3[N3] = { 0, 511 }, idx2[N2] = { 0, 1 };

struct va va_of(int id)
{
	struct va va = { .id = id };

	va.i1 = id % N1;
	va.i2 = id / N1 % N2;
	va.i3 = id / N1 / N2 % N3;
	va.i4 = id / N1 / N2 / N3;
	return va;
}

u64 va_addr(int id)
{
	struct va va = va_of(id);
	u64 addr = (u64)idx4[va.i4] << 39 | (u64)idx3[va.i3] << 30 | (u64)idx2[va.i2] << 21 |
		   (u64)va.i1 << 12;

	return addr & 1ULL << 47 ? addr | 0xffffULL << 48 : addr;
}

bool is_table(u64 gfn)
{
	return gfn < NTABLES;
}

u64 mem_read(u64 gpa)
{
	return is_table(gpa >> 12) ? mem[gpa >> 12][gpa % 4096 / 8] : 0;
}

void mem_write(u64 gpa, u64 val)
{
	struct history **hp, *h;
	u64 gfn = gpa >> 12;
	int idx = gpa % 4096 / 8;

	now++;
	if (!is_table(gfn) || mem[gfn][idx] == val)
		return;
	hp = &history[gfn][idx];
	if (!*hp) {
		*hp = calloc(1, sizeof(**hp));
		(*hp)->n = 1;		/* zero since the beginning */
	}
	h = *hp;
	if (h->n == VERSIONS) {
		memmove(h->v, h->v + VERSIONS / 2, sizeof(h->v[0]) * VERSIONS / 2);
		h->n = VERSIONS / 2;
		h->lost = h->v[0].since;
	}
	h->v[h->n].val = val;
	h->v[h->n].since = now;
	h->n++;
	mem[gfn][idx] = val;
}

void guest_reset(void)
{
	int i, j;

	memset(mem, 0, sizeof(mem));
	for (i = 0; i < NTABLES; i++) {
		for (j = 0; j < 512; j++) {
			free(history[i][j]);
			history[i][j] = NULL;
		}
	}
}

/* ---- The architecture ---- */

static bool reserved(const struct cpu *c, int level, u64 e)
{
	if (e >> c->vcpu.maxphyaddr & ((1ULL << (52 - c->vcpu.maxphyaddr)) - 1))
		return true;
	if (e >> 63 && !(c->vcpu.regs.efer & EFER_NX))
		return true;
	if (!(e & 0x80) || level == 1)
		return false;
	if (level == 4)
		return true;
	if (level == 3)
		return !c->vcpu.gbpages || e & 0x3fffe000;
	return e & 0x1fe000;
}

/* rights: W and U of all entries, and PT_NX of any. */
static bool permits(const struct cpu *c, u64 rights, struct access a)
{
	bool user = a.code & MVM_FAULT_U, user_page = rights & PT_U;

	if (user && !user_page)
		return false;
	if (a.code & MVM_FAULT_I) {
		if (rights & PT_NX)
			return false;
		return user || !user_page || !(c->vcpu.regs.cr4 & X86_CR4_SMEP);
	}
	if (!user && user_page && c->vcpu.regs.cr4 & X86_CR4_SMAP && (a.implicit || !guest_ac(c)))
		return false;
	if (a.code & MVM_FAULT_W && !(rights & PT_W))
		return !user && !(c->vcpu.regs.cr0 & X86_CR0_WP);
	return true;
}

static u64 and_rights(u64 rights, u64 e)
{
	return (rights & e & (PT_W | PT_U)) | ((rights | e) & PT_NX);
}

static int level_index(struct va va, int level)
{
	switch (level) {
	case 4: return idx4[va.i4];
	case 3: return idx3[va.i3];
	case 2: return idx2[va.i2];
	default: return va.i1;
	}
}

/* The frame that a leaf of this level gives. */
static u64 leaf_gfn(u64 e, int level, u64 addr)
{
	u64 mask = (1ULL << 9 * (level - 1)) - 1;

	return ((e & PT_ADDR) >> 12 & ~mask) | (addr >> 12 & mask);
}

int arch_walk(struct cpu *c, int id, struct access a, u64 *gfn, u32 *error, u32 *rights_out)
{
	struct va va = va_of(id);
	u64 table = c->vcpu.regs.cr3 >> 12 & 0xffffffffff, rights = PT_W | PT_U, e;
	u32 base = a.code & (MVM_FAULT_W | MVM_FAULT_U);
	int level;

	if (c->vcpu.regs.efer & EFER_NX || c->vcpu.regs.cr4 & X86_CR4_SMEP)
		base |= a.code & MVM_FAULT_I;
	for (level = 4; ; level--) {
		if (!host_has(table))
			return -2;
		e = mem_read(table << 12 | level_index(va, level) * 8);
		*error = base;
		if (!(e & PT_P))
			return -1;
		*error |= MVM_FAULT_P;
		if (reserved(c, level, e)) {
			*error |= MVM_FAULT_RSVD;
			return -1;
		}
		rights = and_rights(rights, e);
		if (level == 1 || e & PT_PS)
			break;
		table = (e & PT_ADDR) >> 12;
	}
	*gfn = leaf_gfn(e, level, va_addr(id));
	*rights_out = rights & PT_U ? ROLE_U : 0;
	*rights_out |= rights & PT_W ? ROLE_W : 0;
	return permits(c, rights, a) ? 0 : -1;
}

int arch_path(struct cpu *c, int id, u64 gpa[5])
{
	struct va va = va_of(id);
	u64 table = c->vcpu.regs.cr3 >> 12 & 0xffffffffff, e;
	int level;

	for (level = 4; ; level--) {
		if (!is_table(table))
			return level < 4 ? level + 1 : 0;
		gpa[level] = table << 12 | level_index(va, level) * 8;
		e = mem_read(gpa[level]);
		if (level == 1 || !(e & PT_P) || e & PT_PS)
			return level;
		table = (e & PT_ADDR) >> 12;
	}
}

/* ---- The oracle ---- */

struct search {
	struct cpu *c;
	struct va va;
	struct access a;
	u64 gfn;
	u64 start, end;			/* one epoch: entries above the leaf are read within it */
	bool unknown;
};

/*
 * Is there a chain of values from here down, each read at a time not before the one above it
 * (a paging-structure cache may have kept that), that gives the access?  SDM 3, 4.10.2 and 4.10.3.
 */
static bool chain(struct search *s, int level, u64 table, u64 time, u64 rights)
{
	struct history *h;
	int i, idx = level_index(s->va, level);

	if (!is_table(table))
		return false;
	h = history[table][idx];
	if (!h)
		return false;
	if (h->lost > s->start)
		s->unknown = true;
	for (i = h->n - 1; i >= 0; i--) {
		u64 e = h->v[i].val, from = max(h->v[i].since, time), r;
		u64 until = i + 1 < h->n ? h->v[i + 1].since - 1 : ~0ULL;

		if (until < time)
			return false;
		if (from > until || from >= s->end || !(e & PT_P) || !(e & PT_A) ||
		    reserved(s->c, level, e))
			continue;
		r = and_rights(rights, e);
		if (level > 1 && !(e & PT_PS)) {
			if (chain(s, level - 1, (e & PT_ADDR) >> 12, from, r))
				return true;
			continue;
		}
		if (leaf_gfn(e, level, va_addr(s->va.id)) != s->gfn || !permits(s->c, r, s->a))
			continue;
		if (s->a.code & MVM_FAULT_W && !(e & PT_D))
			continue;
		/* The TLB's entry is made now, and lasts until the address is flushed. */
		from = max(from, s->c->inv1[s->va.id]);
		if (level >= 2)
			from = max(from, s->c->inv2[s->va.id / N1]);
		if (level >= 3)
			from = max(from, s->c->inv3[s->va.id / N1 / N2]);
		if (from <= until && from < s->end)
			return true;
	}
	return false;
}

bool oracle(struct cpu *c, int id, struct access a, u64 gfn)
{
	struct search s = { .c = c, .va = va_of(id), .a = a, .gfn = gfn };
	u64 root = c->vcpu.regs.cr3 >> 12 & 0xffffffffff, at;
	u32 error, rights;
	int i;

	n_stale += arch_walk(c, id, a, &at, &error, &rights) || at != gfn;
	for (i = c->nepochs; i >= 0; i--) {
		s.start = i ? c->epoch[i - 1] : c->window;
		s.end = i < c->nepochs ? c->epoch[i] : now + 1;
		if (chain(&s, 4, root, s.start, PT_W | PT_U))
			return true;
	}
	if (s.unknown)
		n_unknown++;
	return s.unknown;
}
