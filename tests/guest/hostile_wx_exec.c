/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
/*
 * Hostile: writes code and makes it executable in its own page tables, beside the runtime.  Where
 * the host enforces W^X (MVM_BOOT_EXEC) the jump is the VM's end; elsewhere the code runs.
 */
#include "bare.h"

#define PRESENT_WRITE_USER_LARGE	0x87UL
#define ADDR	0x000ffffffffff000UL

static uint8_t code[64] = { 0xc3 };		/* ret */

/* Where the launcher put va; 0: nowhere. */
static uint64_t gpa_of(const struct mvm_boot *boot, uint64_t va)
{
	for (uint32_t i = 0; i < boot->nsegments; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (va >= s->va && va - s->va < s->len)
			return s->gpa + (va - s->va);
	}
	return 0;
}

void test(void)
{
	const struct mvm_boot *boot = linear(MVM_GPA_BOOT);
	const uint64_t va = MVM_VA_RT_TEXT + 8 * MVM_LARGE_SIZE;	/* not in use: no flush */
	uint64_t *table = linear(boot->pml4_gpa), gpa;

	((volatile uint8_t *)code)[1] = 0x90;
	gpa = gpa_of(boot, (uintptr_t)code);
	table = linear(table[va >> 39 & 511] & ADDR);
	table = linear(table[va >> 30 & 511] & ADDR);
	*(volatile uint64_t *)&table[va >> 21 & 511] =
		(gpa & ~(MVM_LARGE_SIZE - 1)) | PRESENT_WRITE_USER_LARGE;
	if (gpa)
		((void (*)(void))(va + (gpa & (MVM_LARGE_SIZE - 1))))();
	/* Not reached where it must not be: the test runs into its limit. */
	while (((const volatile struct mvm_boot *)boot)->flags & MVM_BOOT_EXEC)
		;
	quit(0);
}
