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
	waitq_wake(&e->q, POLLOUT | POLLWRNORM);
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
	waitq_wake(&e->q, POLLIN | POLLRDNORM);
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
	.flags = FO_STREAM, .read = event_read, .write = event_write, .seek = seek_espipe,
	.poll = event_poll, .ioctl = ioctl_enotty, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .release = event_release,
};

long sys_eventfd2(u64 count, u64 flags64)
{
	u32 flags = flags64;
	struct eventfd *e;
	struct file *f;
	long fd;

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	f = file_new(O_RDWR | (flags & O_NONBLOCK));
	if (!f)
		return -ENOMEM;
	f->priv = e = kzalloc(sizeof(*e));
	f->node = node_new(0600);
	if (!e || !f->node) {
		kfree(e);
		file_put(f);
		return -ENOMEM;
	}
	*e = (struct eventfd){ .count = (u32)count, .semaphore = flags & EFD_SEMAPHORE };
	f->ops = &event_ops;
	fd = fd_install(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_eventfd(u64 count)
{
	return sys_eventfd2(count, 0);
}
