/* SPDX-License-Identifier: MIT */
/*
 * What a guest's tables look like: which frames are tables of which level, random entries that
 * are right most of the time, and the guest's own map of its frames.  See model.h.
 */
#include "model.h"

bool mapped_large;

/* The level whose tables lie in this frame, most of the time. */
int natural_level(u64 gfn)
{
	return gfn < 4 ? 4 : gfn < 10 ? 3 : gfn < 18 ? 2 : gfn < FIX3 ? 1 : 0;
}

static u64 natural_frame(int level)
{
	switch (level) {
	case 4: return rnd(4);
	case 3: return 4 + rnd(6);
	case 2: return 10 + rnd(8);
	case 1: return 18 + rnd(FIX3 - 18);
	default:
		if (one_in(12))
			return READONLY + rnd(NFRAMES - READONLY);
		return rnd(3) ? NTABLES + rnd(NLOW - NTABLES) : HIGH + rnd(8);
	}
}

u64 random_entry(int level)
{
	u64 e = 0, gfn;

	if (one_in(6))
		return one_in(2) ? 0 : (u64)rnd(~0u) << 12 & ~PT_P;
	gfn = one_in(10) ? rnd(NLOW) : natural_frame(level - 1);
	e = PT_P;
	if (level > 1 && level < 4 && one_in(6)) {
		e |= PT_PS;
		gfn = level == 3 || one_in(3) ? 0 : HIGH;
		if (one_in(8))
			gfn |= 1;			/* PAT */
	}
	e |= gfn << 12;
	e |= rnd(5) ? PT_W : 0;
	e |= rnd(4) ? PT_U : 0;
	e |= rnd(2) ? PT_A : 0;
	e |= rnd(2) ? PT_D : 0;
	e |= one_in(6) ? PT_NX : 0;
	e |= one_in(4) ? 1ULL << 8 : 0;
	if (one_in(30))
		e |= 1ULL << (12 + rnd(40));		/* most of these are reserved */
	if (one_in(40))
		e |= PT_PS;
	if (one_in(4))
		e |= (u64)rnd(8) << 9 | (u64)rnd(0x7ff) << 52;
	return e;
}

int random_index(int level)
{
	static const int idx4[] = { 0, 1 }, idx3[] = { 0, 511 };

	switch (level) {
	case 4: return idx4[rnd(2)];
	case 3: return idx3[rnd(2)];
	case 2: return rnd(2);
	default: return rnd(4);
	}
}

/* The guest's map of its frames.  The host writes it, so the vMMU must be told. */
void build_map(void)
{
	u64 all = PT_P | PT_W | PT_A | PT_D;
	u64 i;

	for (i = 0; i < 4; i++) {
		host_replace(i);
		mem_write(i << 12 | 256 * 8, FIX3 << 12 | all);
	}
	for (i = FIX3; i <= FIX1; i++)
		host_replace(i);
	mem_write(FIX3 << 12, FIX2 << 12 | all);
	mem_write(FIX2 << 12, mapped_large ? all | PT_PS : FIX1 << 12 | all);
	for (i = 0; i < NLOW; i++)
		mem_write(FIX1 << 12 | i * 8, i << 12 | all);
}

void rewrite_table(u64 gfn)
{
	int level = natural_level(gfn), i;

	if (!level)
		return;
	for (i = 0; i < 4; i++)
		mem_write(gfn << 12 | random_index(level) * 8, random_entry(level));
}

void build_tables(void)
{
	u64 gfn;

	for (gfn = 0; gfn < FIX3; gfn++)
		rewrite_table(gfn);
	build_map();
}
