/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 3
/* Hostile: makes itself ring 0 by a gate of its own, then turns paging off. */
#include "bare.h"

static void in_ring0(void)
{
	__asm__ volatile ("mov %%cr0, %%rax\n\tbtr $31, %%rax\n\tmov %%rax, %%cr0" : : : "rax");
	for (;;)
		__asm__ volatile ("");
}

void test(void)
{
	enter_ring0(in_ring0);
}
