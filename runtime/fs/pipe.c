/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs inside the VM.  Source: pipe(7): 64 KiB, writes of up to PIPE_BUF bytes are
 * not torn apart, EOF without writers, SIGPIPE without readers.
 */
#include "fs/pipe.h"
#include "fs/syscalls.h"
#include "sys/sys.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/limits.h>

#define PIPE_SIZE	65536U
#define CHUNK		MVM_PAGE_SIZE
#define PIPE_SIZE_MAX	1048576U	/* /proc/sys/fs/pipe-max-size */

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
static long pipe_wait(struct pipe *p, bool block)
{
	if (!block)
		return -EAGAIN;
	return waitq_wait(&p->q, UINT64_MAX) ? -ERESTARTSYS : 0;
}

static bool may_block(const struct file *f)
{
	return !(f->flags & O_NONBLOCK);
}

/* ---- reading ---- */

long pipe_wait_data(struct pipe *p, bool block)
{
	long res;

	while (p->head == p->tail || p->taking) {
		if (!p->writers && p->head == p->tail)
			return 0;
		res = pipe_wait(p, block);
		if (res)
			return res;
	}
	return 1;
}

/* The pieces of what is there, up to a page: *n bytes, of max. */
static char *first_piece(const struct pipe *p, u64 from, u64 max, u64 *n)
{
	u64 at = from % p->size;

	*n = MIN(MIN(p->head - from, p->size - at), MIN(max, CHUNK));
	return p->buf + at;
}

void pipe_skip(struct pipe *p, u64 n)
{
	p->tail += n;
	waitq_wake_one(&p->q, POLLOUT | POLLWRNORM);
}

long pipe_take(struct pipe *p, struct io *io)
{
	u64 done = 0, part;

	while (io->left && p->head != p->tail + done) {
		char *from = first_piece(p, p->tail + done, UINT64_MAX, &part);
		long res = io_put(io, from, part);

		/* A page at a time: one that meets bad memory counts as not moved at all. */
		if (res < (long)part && io->left)
			break;
		done += res;
	}
	if (!done)
		return -EFAULT;
	pipe_skip(p, done);
	return done;
}

u64 pipe_peek(const struct pipe *p, char *buf, u64 n)
{
	u64 done = 0, part;

	for (; done < n && p->head != p->tail + done; done += part) {
		char *from = first_piece(p, p->tail + done, n - done, &part);

		memcpy(buf + done, from, part);
	}
	return done;
}

static long pipe_read(struct file *f, struct io *io, u64 *pos)
{
	long res;

	(void)pos;
	if (!io->left)
		return 0;
	res = pipe_wait_data(f->priv, may_block(f));
	return res > 0 ? pipe_take(f->priv, io) : res;
}

/* ---- writing ---- */

u64 pipe_room(const struct pipe *p)
{
	return p->putting ? 0 : p->size - (p->head - p->tail);
}

/* 0; -ENOMEM; -EPIPE, and SIGPIPE for who writes what nobody can read. */
static long check_reader(struct pipe *p)
{
	if (!p->buf)
		p->buf = pages_alloc(p->size / MVM_PAGE_SIZE, false);
	if (!p->buf)
		return -ENOMEM;
	if (p->readers)
		return 0;
	signal_send(SIGPIPE, 0);
	return -EPIPE;
}

long pipe_wait_room(struct pipe *p, bool block)
{
	for (;;) {
		long res = check_reader(p);

		if (res || pipe_room(p))
			return res ? res : 1;
		res = pipe_wait(p, block);
		if (res)
			return res;
	}
}

long pipe_put(struct pipe *p, struct io *io)
{
	u64 done = 0, room = pipe_room(p);
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
	if (!done)
		return res;
	waitq_wake_one(&p->q, POLLIN | POLLRDNORM);
	return done;
}

static long pipe_write(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->priv;
	u64 done = 0;
	long res = 0;

	(void)pos;
	while (io->left) {
		u64 room = pipe_room(p);

		res = check_reader(p);
		if (res)
			break;
		/* What fits into PIPE_BUF goes in as a whole or waits. */
		if (room && (room >= io->left || done || io->left > PIPE_BUF)) {
			res = pipe_put(p, io);
			if (res < 0)
				break;
			done += res;
			continue;
		}
		res = pipe_wait(p, may_block(f));
		if (res)
			break;
	}
	return done ? (long)done : res;
}

/* ---- the rest of the file ---- */

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

struct pipe *pipe_of(const struct file *f)
{
	return f->ops == &pipe_ops ? f->priv : NULL;
}

long pipe_size(struct file *f)
{
	const struct pipe *p = pipe_of(f);

	return p ? (long)p->size : -EBADF;
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
