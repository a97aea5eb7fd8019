/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGKILL
/* Death by SIGKILL is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	kill(getpid(), SIGKILL);
	puts("after");
	return 0;
}
