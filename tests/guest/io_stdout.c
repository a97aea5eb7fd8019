/* SPDX-License-Identifier: MIT */
// trap: yes
/* A megabyte of output in pieces of all sizes, buffered and not, in order. */
#include <sys/uio.h>
#include "t.h"

int main(void)
{
	static char block[70000];
	struct iovec iov[2] = { { "one ", 4 }, { "two\n", 4 } };

	for (int i = 0; i < 20000; i++)
		printf("line %d of the output\n", i);
	fflush(stdout);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = i % 71 == 70 ? '\n' : (char)('!' + i % 90);
	for (size_t at = 0; at < sizeof(block); ) {
		ssize_t n = write(1, block + at, sizeof(block) - at);

		if (n <= 0)
			return 1;
		at += n;
	}
	writev(1, iov, 2);
	dprintf(1, "%s\n", "end");
	return 0;
}
