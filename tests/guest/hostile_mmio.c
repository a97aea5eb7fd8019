/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 126
// expect-stderr: ^mvm: .*memory that does not exist
// mvm-args: --timeout 5
/* Hostile: maps guest-physical memory that does not exist, and reads it. */
#include "bare.h"

void test(void)
{
	const struct mvm_boot *boot = linear(MVM_GPA_BOOT);
	uint64_t *pml4 = linear(boot->pml4_gpa);
	uint64_t *pdpt = linear(pml4[MVM_VA_LINEAR >> 39 & 511] & ~0xfffUL & ~(1UL << 63));
	uint64_t *pd = linear(pdpt[0] & 0xffffffffff000UL);

	/* The linear map's last 2 MiB below 1 GiB become GPA 0xfee00000, where no RAM is. */
	pd[511] = 0xfee00000UL | 0x87;
	*(volatile uint32_t *)((uint64_t)linear(511UL << 21)) = 1;
	*(volatile uint32_t *)((uint64_t)linear(511UL << 21) + 0x20);
	quit(0);
}
