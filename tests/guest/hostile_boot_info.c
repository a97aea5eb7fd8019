/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 5
/* Hostile: overwrites the boot information and the runtime data, then goes on calling. */
#include "bare.h"

void test(void)
{
	uint64_t seed = 3;

	for (size_t i = 0; i < MVM_BOOT_MAX; i++)
		((volatile uint8_t *)linear(MVM_GPA_BOOT))[i] = (uint8_t)random32(&seed);
	say("still here\n");
	for (size_t i = 0; i < MVM_RT_DATA_MAX; i++)
		((volatile uint8_t *)linear(MVM_GPA_RT_DATA))[i] = (uint8_t)random32(&seed);
	say("and here\n");
	quit(0);
}
