/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 124
// mvm-args: --timeout 1
/*
 * Hostile: makes itself ring 0 by a gate of its own, then disables interrupts and spins: the time
 * limit still ends it.
 */
#include "bare.h"

static void in_ring0(void)
{
	__asm__ volatile ("cli");
	for (;;)
		__asm__ volatile ("");
}

void test(void)
{
	enter_ring0(in_ring0);
}
