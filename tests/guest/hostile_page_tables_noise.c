/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 3
/* Hostile: fills its own page tables with noise. */
#include "bare.h"

void test(void)
{
	uint64_t seed = 7;
	volatile uint32_t *pt = linear(MVM_GPA_PT);

	for (;;)
		pt[random32(&seed) % (MVM_PT_MAX / 4)] = random32(&seed);
}
