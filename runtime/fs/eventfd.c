/* SPDX-License-Identifier: MIT */
/* eventfd(2): a counter as a file. */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include <asm/poll.h>

#define EFD_SEMAPHORE	1U
#define COUNT_MAX	(UINT64_MAX - 1)

struct eventfd { u64 count; bool semaphore; struct waitq q; };

static long event_wait(struct file *f)
{
	struct eventfd *e = f->priv;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return waitq_wait(&e->q, UINT64_MAX) ? -ERESTARTSYS : 0;
}

static long event_read(struct file *f, struct io *io, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 value;
	long res;

	(void)pos;
	if (io->left < sizeof(value))
		return -EINVAL;
	while (!e->count) {
		res = event_wait(f);
		if (res)
			return res;
	}
	value = e->semaphore ? 1 : e->count;
	e->count -= value;
	waitq_wake_one(&e->q, POLLOUT | POLLWRNORM);
	return io_put(io, &value, sizeof(value));
}

static long event_write(struct file *f, struct io *io, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 value;
	long res;

	(void)pos;
	if (io->left < sizeof(value))
		return -EINVAL;
	res = io_get(io, &value, sizeof(value));
	if (res < 0)
		return res;
	if (value > COUNT_MAX)
		return -EINVAL;
	while (COUNT_MAX - e->count < value) {
		res = event_wait(f);
		if (res)
			return res;
	}
	e->count += value;
	waitq_wake_one(&e->q, POLLIN | POLLRDNORM);
	return sizeof(value);
}

static u32 event_poll(struct file *f, struct waitq **q)
{
	struct eventfd *e = f->priv;

	*q = &e->q;
	return (e->count ? POLLIN | POLLRDNORM : 0) |
	       (e->count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void event_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops event_ops = {
	.flags = FO_STREAM, .read = event_read, .write = event_write, .seek = seek_nowhere,
	.poll = event_poll, .ioctl = ioctl_enotty, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .release = event_release,
	.anon = "[eventfd]",
};

long sys_eventfd2(u64 count, u64 flags64)
{
	u32 flags = flags64;
	struct eventfd *e;

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->count = (u32)count;
	e->semaphore = flags & EFD_SEMAPHORE;
	return anon_fd(&event_ops, e, O_RDWR | (flags & ~EFD_SEMAPHORE));
}

long sys_eventfd(u64 count)
{
	return sys_eventfd2(count, 0);
}
