/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGUSR1
/* Death by SIGUSR1 is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	raise(SIGUSR1);
	puts("after");
	return 0;
}
