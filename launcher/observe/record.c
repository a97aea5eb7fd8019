/* SPDX-License-Identifier: MIT */
/*
 * Records out of the guest's memory, where they may change at any moment and say anything: each
 * is copied once, and the copy is made safe to look at.
 */
#include <string.h>
#include "service/gate.h"
#include "trace_int.h"

/* Everything up to the guest's tail is given up. */
static bool give_up(struct trace_reader *t, uint64_t tail)
{
	t->at = tail;
	t->bad++;
	return false;
}

bool record_next(struct trace_reader *t, union trace_record *to)
{
	uint64_t tail = __atomic_load_n(&t->area->tail, __ATOMIC_ACQUIRE);
	uint32_t off, end;
	uint16_t size;

	if (tail == t->at)
		return false;
	if (tail - t->at > MVM_TRACE_RING || tail % 8)
		return give_up(t, tail & ~7ULL);
	off = t->at % MVM_TRACE_RING;
	end = MVM_TRACE_RING - off;
	memcpy(&size, &t->area->ring[off], sizeof(size));
	gate_barrier(&size);
	if (!size || end < sizeof(to->r)) {
		if (tail - t->at < end)
			return give_up(t, tail);
		t->at += end;
		return record_next(t, to);
	}
	if (size < sizeof(to->r) || size % 8 || size > sizeof(*to) || size > end ||
	    size > tail - t->at)
		return give_up(t, tail);
	memcpy(to, &t->area->ring[off], size);
	gate_barrier(to);
	to->r.size = size;
	t->at += size;
	return true;
}

const void *record_data(const union trace_record *r, unsigned int arg, unsigned int piece,
			size_t *size)
{
	size_t at = sizeof(r->r);
	struct mvm_trace_data d;

	while (r->r.size - at >= sizeof(d)) {
		memcpy(&d, r->bytes + at, sizeof(d));
		at += sizeof(d);
		if (d.size > r->r.size - at)
			break;
		if (d.arg == arg && d.piece == piece) {
			*size = d.size;
			return r->bytes + at;
		}
		at += (d.size + 7U) & ~7U;
		if (at > r->r.size)
			break;
	}
	return NULL;
}
