/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// mvm-args: --timeout 2
// expect-status: 124
// poll: never always
/* Hostile: writes nonsense into every index of the ring, for ever; the time limit ends it. */
#include "bare.h"

void test(void)
{
	uint64_t seed = 1;

	for (;;) {
		ring->sq_tail = random32(&seed);
		ring->sq_head = random32(&seed);
		ring->cq_tail = random32(&seed);
		ring->cq_head = random32(&seed);
		ring->host_flags = random32(&seed);
		doorbell();
	}
}
