/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 3
/* Hostile: makes itself ring 0 by a gate of its own, then loads nonsense into CR3, GDTR and TR. */
#include "bare.h"

static void in_ring0(void)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdtr = { 8, 0x1234567 };

	__asm__ volatile ("lgdt %0\n\tmov %1, %%cr3" : : "m" (gdtr), "r" (0xfffff000UL));
	__asm__ volatile ("ltr %%ax" : : "a" (0x1238));
	for (;;)
		__asm__ volatile ("");
}

void test(void)
{
	enter_ring0(in_ring0);
}
