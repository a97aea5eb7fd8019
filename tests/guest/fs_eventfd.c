/* SPDX-License-Identifier: MIT */
// trap: yes
/* eventfd: counting, semaphores, polling. */
#include <poll.h>
#include <sys/eventfd.h>
#include "t.h"

int main(void)
{
	int fd = eventfd(3, EFD_NONBLOCK), sem = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	eventfd_t v = 0;

	SHOW(eventfd_read(fd, &v));
	printf("%lu\n", (unsigned long)v);
	SHOW(eventfd_read(fd, &v));
	SHOW(eventfd_write(fd, 5));
	SHOW(eventfd_write(fd, 6));
	SHOW(poll(&p, 1, 0));
	printf("%x\n", p.revents);
	SHOW(eventfd_read(fd, &v));
	printf("%lu\n", (unsigned long)v);
	SHOW(poll(&p, 1, 0));
	printf("%x\n", p.revents);
	SHOW(eventfd_read(sem, &v));
	printf("%lu\n", (unsigned long)v);
	SHOW(eventfd_read(sem, &v));
	SHOW(eventfd_read(sem, &v));
	SHOW(eventfd_write(fd, -2UL));
	SHOW(eventfd_write(fd, 1));
	SHOW(eventfd_write(fd, -1UL));
	SHOW(write(fd, &v, 4));
	SHOW(eventfd(0, 1));
	return 0;
}
