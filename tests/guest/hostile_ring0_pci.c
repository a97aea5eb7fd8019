/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 126
// expect-stderr: ^mvm: .*port
// mvm-args: --timeout 5
/*
 * Hostile: makes itself ring 0 by a gate of its own, then asks for the PCI bus by a string of I/O.
 */
#include "bare.h"

static void in_ring0(void)
{
	static uint32_t words[16];

	__asm__ volatile ("rep insl" : : "d" (0xcfc), "D" (words), "c" (16) : "memory");
}

void test(void)
{
	enter_ring0(in_ring0);
}
