/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 3
/* Hostile: makes itself ring 0 by a gate of its own, then writes to model-specific registers. */
#include "bare.h"

static void in_ring0(void)
{
	for (uint32_t msr = 0xc0000080; msr < 0xc0000110; msr++)
		__asm__ volatile ("wrmsr" : : "c" (msr), "a" (0xffffffff), "d" (0xffffffff));
	for (;;)
		__asm__ volatile ("");
}

void test(void)
{
	enter_ring0(in_ring0);
}
