/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 5
/* Hostile: uses the doorbell in every size and direction that the bitmap lets through. */
#include "bare.h"

void test(void)
{
	uint32_t v = 0;

	__asm__ volatile ("outb %%al, %%dx" : : "a" (0), "d" (MVM_PORT_DOORBELL));
	__asm__ volatile ("inl %%dx, %%eax" : "=a" (v) : "d" (MVM_PORT_DOORBELL));
	quit((int)v);
}
