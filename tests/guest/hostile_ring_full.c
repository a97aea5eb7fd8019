/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// mvm-args: --timeout 2
// expect-status: 124
// poll: never always
/* Hostile: keeps the ring full of requests and never takes a completion. */
#include "bare.h"

void test(void)
{
	for (;;) {
		ring->sq_tail += MVM_RING_ENTRIES;
		doorbell();
	}
}
