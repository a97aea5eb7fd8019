/* SPDX-License-Identifier: MIT */
/* Sockets: their life, what all protocols have in common, and how they are open files. */
#include "net/net.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/sockios.h>
#include <linux/time.h>

static const struct file_ops socket_ops;

struct sock *sock_new(const struct sock_ops *ops, u16 family, u8 type, s32 protocol)
{
	struct sock *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->ops = ops;
	s->refs = 1;
	s->family = family;
	s->type = type;
	s->protocol = protocol;
	sock_opts_init(s);
	return s;
}

void sock_put(struct sock *s)
{
	if (!s || --s->refs)
		return;
	stream_free(&s->rx);
	dgram_drain(&s->msgs);
	if (s->family == AF_UNIX)
		kfree(s->name);
	kfree(s);
}

/* ---- waiting ---- */

u64 sock_deadline(u64 timeout)
{
	return timeout == UINT64_MAX ? UINT64_MAX : time_now(CLOCK_MONOTONIC) + timeout;
}

int sock_sleep(struct waitq *q, u64 deadline, bool nonblock)
{
	return nonblock ? -EAGAIN : sock_slept(waitq_wait(q, deadline), deadline);
}

int sock_slept(int res, u64 deadline)
{
	if (res == -ETIMEDOUT)
		return -EAGAIN;
	/* What had a time limit is not begun anew after a signal: signal(7). */
	if (res == -EINTR && deadline == UINT64_MAX)
		return -ERESTARTSYS;
	return res;
}

void sock_wake(struct sock *s, u32 events)
{
	/* All who sleep here, and of the epoll sets with EPOLLEXCLUSIVE one. */
	waitq_wake_one(&s->q, events);
}

int sock_error(struct sock *s)
{
	int err = s->err;

	s->err = 0;
	return -err;
}

long sock_epipe(const struct message *m)
{
	if (!(m->flags & MSG_NOSIGNAL))
		signal_send(SIGPIPE, 0);
	return -EPIPE;
}

int sock_no_listen(struct sock *s)
{
	(void)s;
	return -EOPNOTSUPP;
}

int sock_no_accept(struct sock *s, struct sock **out, bool nonblock)
{
	(void)s, (void)out, (void)nonblock;
	return -EOPNOTSUPP;
}

/* ---- as a file ---- */

static struct sock *of(struct file *f)
{
	return f->priv;
}

static u32 file_msg_flags(const struct file *f)
{
	return f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static long socket_read(struct file *f, struct io *io, u64 *pos)
{
	struct message m = { .io = *io, .flags = file_msg_flags(f) };
	long res;

	(void)pos;
	res = of(f)->ops->recv(of(f), &m);
	rights_free(m.rights);		/* read(2) has no place for them */
	return res;
}

static long socket_write(struct file *f, struct io *io, u64 *pos)
{
	struct message m = { .io = *io, .flags = file_msg_flags(f) };

	(void)pos;
	return of(f)->ops->send(of(f), &m);
}

static long socket_send(struct file *f, struct file *in, u64 *pos, u64 n)
{
	struct sock *s = of(f);

	return s->ops->sendfile ? s->ops->sendfile(s, in, pos, n, f->flags & O_NONBLOCK) :
				  -EINVAL;
}

static u32 socket_poll(struct file *f, struct waitq **q)
{
	return of(f)->ops->poll(of(f), q);
}

static long socket_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct sock *s = of(f);
	long res = s->ops->ioctl ? s->ops->ioctl(s, cmd, arg) : -ENOTTY;

	if (res != -ENOTTY)
		return res;
	switch (cmd) {
	case FIOGETOWN:
	case SIOCGPGRP:
		return put_user((int)0, arg);
	case FIOSETOWN:
	case SIOCSPGRP:			/* SIGURG and SIGIO are not sent */
		return 0;
	default:
		return ifconf_ioctl(cmd, arg);
	}
}

static void socket_release(struct file *f)
{
	struct sock *s = of(f);

	if (!s)
		return;
	s->dead = true;
	s->ops->release(s);
	waitq_destroy(&s->q, POLLHUP | POLLERR | POLLIN | POLLOUT);
	sock_put(s);
}

static const struct file_ops socket_ops = {
	.flags = FO_STREAM, .read = socket_read, .write = socket_write, .send = socket_send,
	.seek = seek_espipe,
	.poll = socket_poll, .ioctl = socket_ioctl, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .release = socket_release,
};

int sock_fd(u64 fd, struct sock **s, struct file **f)
{
	*f = fd_file(fd) ? file_get((int)fd) : NULL;
	if (!*f)
		return -EBADF;
	if ((*f)->ops == &socket_ops) {
		*s = of(*f);
		return 0;
	}
	file_put(*f);
	return -ENOTSOCK;
}

/* The open file; it takes over the reference when there is one. */
static struct file *sock_file(struct sock *s, u32 flags)
{
	struct file *f = file_new(O_RDWR | (flags & SOCK_NONBLOCK));

	if (!f)
		return NULL;
	f->node = node_new(S_IFSOCK | 0777);
	if (!f->node) {
		file_put(f);
		return NULL;
	}
	f->node->nlink = 1;
	f->ops = &socket_ops;
	f->priv = s;
	return f;
}

long sock_install(struct sock *s, u32 flags)
{
	struct file *f = sock_file(s, flags);
	long fd = f ? fd_install(f, 0, flags & SOCK_CLOEXEC) : -ENOMEM;

	if (f && fd < 0) {
		f->priv = NULL;
		file_put(f);
	}
	return fd;
}
