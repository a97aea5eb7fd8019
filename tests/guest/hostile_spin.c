/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// mvm-args: --timeout 1
// expect-status: 124
// poll: never always
/* Hostile: spins for ever. */
#include "bare.h"

void test(void)
{
	for (;;)
		__asm__ volatile ("");
}
