/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// grant: /data
// expect-status: 7
/*
 * Hostile: truncates the file that it was loaded from, and in the same kick has the launcher read
 * a path from what was mapped of it.  tests/integration/truncate.sh puts the file there; without
 * it there is nothing to do (7).
 */
#include "bare.h"

/* In a page of its own that nobody has touched, so that it still is the file's. */
static const struct { char page[4096], path[4096]; } constants
	__attribute__((aligned(4096))) = { "", "x" };

static uint64_t gpa_of(const void *p)
{
	const struct mvm_boot *boot = linear(MVM_GPA_BOOT);
	const struct mvm_segment *s = boot->segments;
	uint64_t va = (uint64_t)p;

	for (uint32_t i = 0; i < boot->nsegments; i++)
		if (va >= s[i].va && va < s[i].va + s[i].len)
			return s[i].gpa + va - s[i].va;
	request_exit(8);
}

static int64_t open_self(void)
{
	struct mvm_sqe e = { .op = MVM_OP_OPEN, .arg = MVM_O_WRITE, .addr = { 0x1ff000 },
			     .len = 4 };
	char *path = linear(0x1ff000);
	int64_t h = -1;

	path[0] = 's';
	path[1] = 'e';
	path[2] = 'l';
	path[3] = 'f';
	for (int dir = 3; h < 0 && dir < 6; dir++) {
		e.handle = dir;
		h = request(&e);
	}
	return h;
}

void test(void)
{
	struct mvm_sqe use = { .op = MVM_OP_STAT, .handle = 3, .len = 1, .addr2 = { 0x1ff000 },
			       .len2 = 100, .addr = { gpa_of(constants.path) } };
	struct mvm_sqe cut = { .op = MVM_OP_FTRUNCATE };
	int64_t self = open_self();
	uint32_t tail = ring->sq_tail;

	if (self < 0)
		request_exit(7);
	cut.handle = (int32_t)self;
	ring->sq[tail % MVM_RING_ENTRIES] = cut;
	ring->sq[(tail + 1) % MVM_RING_ENTRIES] = use;
	__atomic_store_n(&ring->sq_tail, tail + 2, __ATOMIC_SEQ_CST);
	for (;;)
		doorbell();
}
