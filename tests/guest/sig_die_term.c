/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGTERM
/* Death by SIGTERM is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	raise(SIGTERM);
	puts("after");
	return 0;
}
