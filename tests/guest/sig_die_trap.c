/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGTRAP
/* Death by SIGTRAP is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	__asm__ volatile ("int3");
	puts("after");
	return 0;
}
