/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 126
// expect-stderr: ^mvm: .*port
// mvm-args: --timeout 5
/*
 * Hostile: makes itself ring 0 by a gate of its own, then writes to every I/O port: the first ends
 * the VM.
 */
#include "bare.h"

static void in_ring0(void)
{
	for (uint32_t port = 0; port < 0x10000; port++)
		__asm__ volatile ("outb %%al, %%dx" : : "a" (0xfe), "d" (port));
}

void test(void)
{
	enter_ring0(in_ring0);
}
