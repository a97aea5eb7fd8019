/* SPDX-License-Identifier: MIT */
/*
 * A file's pages by index: a radix tree of 512-entry tables that grows in height with the
 * highest index, so that small files cost one page and sparse ones only what they hold.
 * It allocates its tables; the data pages belong to whoever fills the slots (freed here).
 */
#include "fs/vfs.h"

#define BITS	9U
#define FANOUT	(1U << BITS)

/* Does index fit below a root of this height?  Seven levels cover all 64 bits. */
static bool fits(u64 index, u32 height)
{
	return height * BITS >= 64 || !(index >> (height * BITS));
}

static u32 slot_of(u64 index, u32 level)
{
	return (index >> ((level - 1) * BITS)) % FANOUT;
}

void *pagemap_get(const struct pagemap *m, u64 index)
{
	void *p = m->root;

	if (!fits(index, m->height))
		return NULL;
	for (u32 level = m->height; level && p; level--)
		p = ((void **)p)[slot_of(index, level)];
	return p;
}

void **pagemap_slot(struct pagemap *m, u64 index)
{
	void **slot = &m->root;

	while (!fits(index, m->height)) {
		if (m->root) {
			void **table = pages_alloc(1, true);

			if (!table)
				return NULL;
			table[0] = m->root;
			m->root = table;
		}
		m->height++;
	}
	for (u32 level = m->height; level; level--) {
		if (!*slot)
			*slot = pages_alloc(1, true);
		if (!*slot)
			return NULL;
		slot = &((void **)*slot)[slot_of(index, level)];
	}
	return slot;
}

/* Frees what lies in [first, last] below *slot, whose first index is base. */
static u64 free_below(void **slot, u32 level, u64 base, u64 first, u64 last)
{
	void **table = *slot;
	u64 span, freed = 0;

	if (!table)
		return 0;
	if (!level) {
		pages_free(table, 1);
		*slot = NULL;
		return 1;
	}
	span = 1UL << ((level - 1) * BITS);
	for (u32 i = 0; i < FANOUT; i++) {
		u64 at = base + i * span;

		if (table[i] && at <= last && at + (span - 1) >= first)
			freed += free_below(&table[i], level - 1, at, first, last);
	}
	if (first <= base && last >= base + (span * FANOUT - 1)) {
		pages_free(table, 1);
		*slot = NULL;
	}
	return freed;
}

u64 pagemap_free(struct pagemap *m, u64 first, u64 last)
{
	u64 freed;

	if (!fits(first, m->height))
		return 0;
	freed = free_below(&m->root, m->height, 0, first, last);
	m->pages -= freed;
	if (!m->root)
		m->height = 0;
	return freed;
}

/* The first index >= from below table for which "has a page" is as asked; UINT64_MAX: none. */
static u64 next_below(void *table, u32 level, u64 base, u64 from, bool present)
{
	u64 span;

	if (!table)
		return present ? UINT64_MAX : MAX(base, from);
	if (!level)
		return present ? MAX(base, from) : UINT64_MAX;
	span = 1UL << ((level - 1) * BITS);
	for (u32 i = from > base ? MIN((from - base) / span, FANOUT) : 0; i < FANOUT; i++) {
		u64 found = next_below(((void **)table)[i], level - 1, base + i * span, from,
				       present);

		if (found != UINT64_MAX)
			return found;
	}
	return UINT64_MAX;
}

u64 pagemap_next(const struct pagemap *m, u64 from, bool present)
{
	u64 found;

	if (!fits(from, m->height))
		return present ? UINT64_MAX : from;
	found = next_below(m->root, m->height, 0, from, present);
	if (found == UINT64_MAX && !present && m->height * BITS < 64)
		return 1UL << (m->height * BITS);
	return found;
}
