/* SPDX-License-Identifier: MIT */
/* Without CONFIG_PIPE: pipes do not exist, and a FIFO cannot be opened. */
#include "fs/vfs.h"
#include "fs/syscalls.h"

int pipe_open_fifo(struct node *n, struct file *f)
{
	(void)n, (void)f;
	return -ENXIO;
}

long pipe_size(struct file *f)
{
	(void)f;
	return -EBADF;
}

long pipe_resize(struct file *f, u64 size)
{
	(void)f, (void)size;
	return -EBADF;
}

long sys_pipe2(u64 fds, u64 flags)
{
	(void)fds, (void)flags;
	return -ENOSYS;
}

long sys_pipe(u64 fds)
{
	(void)fds;
	return -ENOSYS;
}
