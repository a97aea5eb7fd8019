/* SPDX-License-Identifier: MIT */
// native: no
// mvm-args: --mem 64M
// expect-status: 3
/* Hostile: takes all memory there is; it gets ENOMEM, or SIGKILL, and nobody else notices. */
#include "t.h"

int main(void)
{
	size_t n = 0;

	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			break;
		memset(p, 1, 1 << 20);
		n++;
	}
	printf("enough: %d\n", n > 30 && n < 64);
	fflush(stdout);
	_exit(3);
}
