/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 5
/* Hostile: reads an I/O port: nothing answers. */
#include "bare.h"

void test(void)
{
	uint8_t al;

	__asm__ volatile ("inb $0x60, %0" : "=a" (al));
	quit(al);
}
