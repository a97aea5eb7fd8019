/* SPDX-License-Identifier: MIT */
// stdin: abc
/* poll and select on standard streams; a closed pipe ends them. */
#include <poll.h>
#include "t.h"

int main(void)
{
	struct pollfd p[2] = { { 0, POLLIN, 0 }, { 1, POLLOUT, 0 } };
	char buf[10];

	SHOW(poll(p, 1, 5000));
	printf("%d\n", (p[0].revents & (POLLIN | POLLHUP)) != 0);
	SHOW(read(0, buf, 10));
	SHOW(read(0, buf, 10));
	SHOW(poll(p + 1, 1, 0));
	printf("%x\n", p[1].revents);
	return 0;
}
