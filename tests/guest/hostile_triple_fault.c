/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 126
// expect-stderr: ^mvm: .*triple
/* Hostile: destroys the IDT, then faults. */
#include "bare.h"

void test(void)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) idtr;

	__asm__ volatile ("sidt %0" : "=m" (idtr));
	for (size_t i = 0; i < 4096; i++)
		((volatile uint8_t *)idtr.base)[i] = 0;
	__asm__ volatile ("ud2");
}
