/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGABRT
/* Death by SIGABRT is status 128 + its number, and one line that says so. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	abort();
	puts("after");
	return 0;
}
