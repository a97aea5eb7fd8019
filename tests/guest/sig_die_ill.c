/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGILL
/* Death by SIGILL is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	__asm__ volatile ("ud2");
	puts("after");
	return 0;
}
