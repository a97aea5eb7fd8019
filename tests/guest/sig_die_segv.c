/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGSEGV
/* Death by SIGSEGV is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	*(volatile char *)0xdead000 = 1;
	puts("after");
	return 0;
}
