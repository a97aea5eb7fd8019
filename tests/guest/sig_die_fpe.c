/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGFPE
/* Death by SIGFPE is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	volatile int zero = 0; printf("%d\n", 10 / zero);
	puts("after");
	return 0;
}
