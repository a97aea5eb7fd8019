/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 3
/* Hostile: zeroes its own page tables. */
#include "bare.h"

void test(void)
{
	for (size_t i = 0; i < MVM_PT_MAX; i++)
		((volatile uint8_t *)linear(MVM_GPA_PT))[i] = 0;
	for (volatile char *p = linear(0); ; p += 4096)
		*p = 1;
}
