/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGSEGV
/* A privileged instruction is SIGSEGV, as natively: hlt in ring 3 never reaches the host. */
#include "t.h"

int main(void)
{
	__asm__ volatile ("hlt");
	return 0;
}
