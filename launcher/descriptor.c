/* SPDX-License-Identifier: MIT */
/* See descriptor.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <mvm/abi.h>
#include "descriptor.h"

/* Before Linux 5.9 they are closed one by one: more than a VM's handles there are not. */
#define NUMBERS_MAX	(MVM_HANDLES_MAX + 1024U)
#define ROOM		1024

int fd_move(int fd, int to)
{
	int err;

	if (fd < 0 || fd == to)
		return fd;
	err = dup3(fd, to, O_CLOEXEC) < 0 ? errno : 0;
	close(fd);
	errno = err;
	return err ? -1 : to;
}

void fd_make_room(int fd)
{
	int last = fcntl(fd, F_DUPFD_CLOEXEC, ROOM - 1);

	if (last >= 0)
		close(last);
}

void fd_close_range(unsigned int first, unsigned int last)
{
	if (first > last || !syscall(SYS_close_range, first, last, 0))
		return;
	for (unsigned int fd = first; fd <= last && fd < NUMBERS_MAX; fd++)
		close((int)fd);
}
