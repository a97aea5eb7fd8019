/* SPDX-License-Identifier: MIT */
/*
 * What was mapped in a block that is empty now: see the state "empty" in block.h.
 */
#include "mm/block_int.h"
#include "mm/mm.h"

struct page_map *hist_map(u64 pde)
{
	return pde & HIST_MAP ? gpa_to_va(pde >> HIST_SHIFT) : NULL;
}

/* The entry of a block that f backed until now. */
u64 hist_entry(const struct frame *f)
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
void hist_add(u64 *pde, const struct span *s)
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
int hist_take(u64 pde, struct frame *f)
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
	struct span first = span_of(start, end);
	struct span last = span_of(MAX(start, (end - 1) & LARGE_MASK), end);

	return hist_fits(&first) && hist_fits(&last);
}

