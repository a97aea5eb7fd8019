/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 5
/* Hostile: disables interrupts: its own affair. */
#include "bare.h"

void test(void)
{
	__asm__ volatile ("cli");
	quit(0);
}
