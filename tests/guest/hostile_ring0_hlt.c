/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 126
// expect-stderr: ^mvm: .*halted
// mvm-args: --timeout 5
/* Hostile: makes itself ring 0 by a gate of its own, then halts. */
#include "bare.h"

static void in_ring0(void)
{
	for (;;)
		__asm__ volatile ("hlt");
}

void test(void)
{
	enter_ring0(in_ring0);
}
