/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs inside the VM.  Source: pipe(7): 64 KiB, writes of up to PIPE_BUF bytes are
 * not torn apart, EOF without writers, SIGPIPE without readers.
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "sys/sys.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/limits.h>

#define PIPE_SIZE	65536U
#define CHUNK		MVM_PAGE_SIZE
#define PIPE_SIZE_MAX	1048576U	/* /proc/sys/fs/pipe-max-size */

struct pipe {
	u32 readers, writers;		/* open files */
	u32 size;			/* a power of two, at least a page */
	u32 opened_w;			/* writers ever: a FIFO's reader waits for the first */
	u32 opened_r;
	u64 head, tail;			/* bytes written and read so far */
	char *buf;			/* made by the first write */
	struct waitq q;
};

static struct pipe *pipe_new(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (p)
		p->size = PIPE_SIZE;
	return p;
}

static void pipe_free(struct pipe *p)
{
	if (p->buf)
		pages_free(p->buf, p->size / MVM_PAGE_SIZE);
	kfree(p);
}

/* Waits for another thread or a signal handler to change something. */
static long pipe_wait(struct file *f)
{
	struct pipe *p = f->priv;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return waitq_wait(&p->q, UINT64_MAX) ? -ERESTARTSYS : 0;
}

static long pipe_read(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->priv;
	u64 done = 0;
	long res;

	(void)pos;
	if (!io->left)
		return 0;
	while (p->head == p->tail) {
		if (!p->writers)
			return 0;
		res = pipe_wait(f);
		if (res)
			return res;
	}
	while (io->left && p->head != p->tail) {
		u64 at = p->tail % p->size;

		u64 part = MIN(MIN(p->head - p->tail, p->size - at), CHUNK);

		/* A page at a time: one that meets bad memory counts as not moved at all. */
		res = io_put(io, p->buf + at, part);
		if (res < (long)part && io->left)
			break;
		p->tail += res;
		done += res;
	}
	if (!done)
		return -EFAULT;
	waitq_wake_one(&p->q, POLLOUT | POLLWRNORM);
	return done;
}

static long copy_in(struct pipe *p, struct io *io, u64 room)
{
	u64 done = 0;
	long res = 0;

	while (io->left && done < room) {
		u64 at = p->head % p->size;
		u64 part = MIN(MIN(MIN(room - done, p->size - at), CHUNK), io->left);

		res = io_get(io, p->buf + at, part);
		if (res < (long)part) {
			res = -EFAULT;
			break;
		}
		p->head += res;
		done += res;
	}
	return done ? (long)done : res;
}

static long pipe_write(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->priv;
	u64 done = 0;
	long res = 0;

	(void)pos;
	if (io->left && !p->buf) {
		p->buf = pages_alloc(p->size / MVM_PAGE_SIZE, false);
		if (!p->buf)
			return -ENOMEM;
	}
	while (io->left) {
		u64 room = p->size - (p->head - p->tail);

		if (!p->readers) {
			signal_send(SIGPIPE, 0);
			res = -EPIPE;
			break;
		}
		/* What fits into PIPE_BUF goes in as a whole or waits. */
		if (room && (room >= io->left || done || io->left > PIPE_BUF)) {
			res = copy_in(p, io, room);
			if (res < 0)
				break;
			done += res;
			waitq_wake_one(&p->q, POLLIN | POLLRDNORM);
			continue;
		}
		res = pipe_wait(f);
		if (res)
			break;
	}
	return done ? (long)done : res;
}

static u32 pipe_poll(struct file *f, struct waitq **q)
{
	struct pipe *p = f->priv;
	u32 mask = 0;

	*q = &p->q;
	if (can_read(f)) {
		if (p->head != p->tail)
			mask |= POLLIN | POLLRDNORM;
		if (!p->writers && p->opened_w)
			mask |= POLLHUP;
	}
	if (can_write(f)) {
		if (p->size - (p->head - p->tail) >= PIPE_BUF)
			mask |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			mask |= POLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = f->priv;

	return cmd == FIONREAD ? put_user((int)(p->head - p->tail), arg) : -ENOTTY;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->priv;

	if (!p)
		return;
	p->readers -= can_read(f);
	p->writers -= can_write(f);
	if (p->readers || p->writers) {
		waitq_wake(&p->q, p->writers ? POLLERR : POLLHUP);
		return;
	}
	if (f->node->pipe == p)
		f->node->pipe = NULL;
	pipe_free(p);
}

static const struct file_ops pipe_ops = {
	.flags = FO_STREAM, .read = pipe_read, .write = pipe_write, .seek = seek_espipe,
	.poll = pipe_poll, .ioctl = pipe_ioctl, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .release = pipe_release,
};

static void join(struct pipe *p, struct file *f)
{
	f->ops = &pipe_ops;
	f->priv = p;
	p->readers += can_read(f);
	p->writers += can_write(f);
	p->opened_r += can_read(f);
	p->opened_w += can_write(f);
	waitq_wake(&p->q, 0);
}

/* Opening a FIFO waits for the other side, unless it is O_RDWR or O_NONBLOCK: fifo(7). */
int pipe_open_fifo(struct node *n, struct file *f)
{
	struct pipe *p = n->pipe ? n->pipe : pipe_new();
	u32 *other, seen;
	bool block = !(f->flags & O_NONBLOCK);

	if (!p)
		return -ENOMEM;
	n->pipe = p;
	join(p, f);
	if ((f->flags & O_ACCMODE) == O_RDWR)
		return 0;
	other = can_read(f) ? &p->opened_w : &p->opened_r;
	if (can_read(f) ? p->writers : p->readers)
		return 0;
	if (!block)
		return can_read(f) ? 0 : -ENXIO;
	for (seen = *other; *other == seen; )
		if (waitq_wait(&p->q, UINT64_MAX))
			return -ERESTARTSYS;
	return 0;
}

long pipe_size(struct file *f)
{
	return f->ops == &pipe_ops ? (long)((struct pipe *)f->priv)->size : -EBADF;
}

long pipe_resize(struct file *f, u64 size)
{
	struct pipe *p = f->priv;
	u32 want = MVM_PAGE_SIZE, held;
	char *buf;

	if (f->ops != &pipe_ops)
		return -EBADF;
	if (size > PIPE_SIZE_MAX)
		return size > INT32_MAX ? -EINVAL : -EPERM;
	while (want < size)
		want *= 2;
	held = p->head - p->tail;
	if (held > want)
		return -EBUSY;
	if (p->buf) {
		buf = pages_alloc(want / MVM_PAGE_SIZE, false);
		if (!buf)
			return -ENOMEM;
		for (u32 i = 0; i < held; i++)
			buf[i] = p->buf[(p->tail + i) % p->size];
		pages_free(p->buf, p->size / MVM_PAGE_SIZE);
		p->buf = buf;
		p->tail = 0;
		p->head = held;
	}
	p->size = want;
	waitq_wake_one(&p->q, POLLOUT | POLLWRNORM);
	return want;
}

/* One end on an unnamed node of its own; takes no reference of the caller's. */
static struct file *pipe_end(struct node *n, struct pipe *p, u32 flags)
{
	struct file *f = file_new(flags);

	if (f) {
		f->node = node_get(n);
		join(p, f);
	}
	return f;
}

static long install_pair(struct file *r, struct file *w, u64 ufds, bool cloexec)
{
	long rfd = fd_install(r, 0, cloexec), wfd;
	int fds[2];

	if (rfd < 0) {
		file_put(r);
		file_put(w);
		return rfd;
	}
	wfd = fd_install(w, 0, cloexec);
	if (wfd < 0) {
		file_put(w);
		sys_close(rfd);
		return wfd;
	}
	fds[0] = rfd;
	fds[1] = wfd;
	if (copy_to_user(ufds, fds, sizeof(fds))) {
		sys_close(rfd);
		sys_close(wfd);
		return -EFAULT;
	}
	return 0;
}

long sys_pipe2(u64 ufds, u64 flags64)
{
	u32 flags = flags64;
	struct node *n;
	struct pipe *p;
	struct file *r, *w;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	n = node_new(S_IFIFO | 0600);
	p = n ? pipe_new() : NULL;
	r = p ? pipe_end(n, p, O_RDONLY | (flags & O_NONBLOCK)) : NULL;
	w = r ? pipe_end(n, p, O_WRONLY | (flags & O_NONBLOCK)) : NULL;
	if (n)
		n->nlink = 1;			/* as fstat shows it */
	node_put(n);
	if (w)
		return install_pair(r, w, ufds, flags & O_CLOEXEC);
	if (r)
		file_put(r);
	else if (p)
		pipe_free(p);
	return -ENOMEM;
}

long sys_pipe(u64 ufds)
{
	return sys_pipe2(ufds, 0);
}
