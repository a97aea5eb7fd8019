/* SPDX-License-Identifier: MIT */
// native: fails
/* Death by SIGPIPE is status 128 + its number; without a word, as in a shell. */
#include "t.h"

int main(void)
{
	puts("before");
	fflush(stdout);
	int p[2]; pipe(p); close(p[0]); write(p[1], "x", 1);
	puts("after");
	return 0;
}
