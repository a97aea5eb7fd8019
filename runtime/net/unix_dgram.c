/* SPDX-License-Identifier: MIT */
/* AF_UNIX sockets that move whole messages: SOCK_DGRAM, and what SOCK_SEQPACKET shares with it. */
#include "net/unix.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

#define QUEUE_MAX	512U		/* net.unix.max_dgram_qlen, as systemd sets it */
#define OVERHEAD	32U		/* of sndbuf a message cannot have */

/* ---- who sends to whom ---- */

void unix_set_peer(struct sock *s, struct sock *p)
{
	struct sock *old = s->peer;

	if (old) {
		if (s->prev_sender)
			s->prev_sender->next_sender = s->next_sender;
		else if (old->senders == s)
			old->senders = s->next_sender;
		if (s->next_sender)
			s->next_sender->prev_sender = s->prev_sender;
		s->next_sender = s->prev_sender = NULL;
	}
	s->peer = p ? sock_get(p) : NULL;
	if (p) {
		s->next_sender = p->senders;
		if (p->senders)
			p->senders->prev_sender = s;
		p->senders = s;
	}
	s->state = p ? SS_CONNECTED : SS_CLOSED;
	sock_put(old);
}

/* The socket is closed: its senders keep it as a peer that is dead, and are on no list. */
static void leave_senders(struct sock *s)
{
	while (s->senders) {
		struct sock *from = s->senders;

		s->senders = from->next_sender;
		from->next_sender = from->prev_sender = NULL;
		sock_wake(from, POLLOUT | POLLWRNORM);
	}
}

static int unix_dgram_connect(struct sock *s, const struct addr *a, bool nonblock)
{
	struct sock *p = NULL;
	int err;

	(void)nonblock;
	if (a->family != AF_UNSPEC) {
		err = unix_connect_autobind(s);
		if (!err)
			err = unix_find(a, SOCK_DGRAM, &p);
		if (err)
			return err;
		if (p->peer && p->peer != s)
			return -EPERM;
	}
	/* One side of a pair goes its own way: the other learns it. */
	if (s->peer && s->peer != p && !s->peer->dead && s->peer->peer == s) {
		dgram_drain(&s->msgs);
		s->peer->err = ECONNRESET;
		sock_wake(s->peer, POLLERR);
	}
	unix_set_peer(s, p);
	return 0;
}

/* ---- messages ---- */

/* Is there no room at p for a message of this size from s?  Then p will tell when there is. */
static bool full(const struct sock *s, struct sock *p, u64 len)
{
	if ((p->msgs.count >= QUEUE_MAX && p->peer != s) ||
	    (p->msgs.first && p->msgs.bytes + len > s->sndbuf)) {
		p->stalled = true;
		return true;
	}
	return false;
}

/* Worth to be called writable: of a pair's memory three quarters are free, as on Linux. */
static bool writable(const struct sock *s, struct sock *p)
{
	if (p->peer != s)
		return !full(s, p, 1);
	p->stalled |= p->msgs.bytes * 4 > s->sndbuf;
	return !p->stalled;
}

/* Where the message goes; a reference. */
static int destination(struct sock *s, const struct message *m, struct sock **p)
{
	int err;

	*p = s->peer;
	if (m->addr.len) {
		err = unix_find(&m->addr, s->type, p);
		if (err)
			return err;
	}
	if (!*p)
		return -ENOTCONN;
	sock_get(*p);
	return 0;
}

/* What stands in the way of sending to p; 0: nothing. */
static long refused(struct sock *s, struct sock *p, const struct message *m)
{
	if (s->shut & SHUT_SND)
		return sock_epipe(m);
	if (p->dead && s->type == SOCK_DGRAM) {
		if (s->peer == p)
			unix_set_peer(s, NULL);
		return -ECONNREFUSED;
	}
	if (p->dead || p->shut & SHUT_RCV)
		return sock_epipe(m);
	return s->type == SOCK_DGRAM && p->peer && p->peer != s ? -EPERM : 0;
}

static long deliver(struct sock *s, struct sock *p, struct message *m)
{
	long len = m->io.left;
	int err;
	struct dgram *d = dgram_new(m, &err);

	if (!d)
		return err;
	if (s->name)
		d->from = s->name->addr;
	d->rights = m->rights;
	m->rights = NULL;
	dgram_push(p, d);
	sock_wake(p, POLLIN | POLLRDNORM);
	return len;
}

long unix_dgram_send(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	struct sock *p;
	long res;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	res = unix_connect_autobind(s);
	if (res)
		return res;
	for (;;) {
		res = destination(s, m, &p);
		if (res)
			return res;
		if (m->io.left > s->sndbuf - OVERHEAD)
			res = -EMSGSIZE;
		else if (s->err)
			res = sock_error(s);
		else
			res = refused(s, p, m);
		if (res || !full(s, p, m->io.left))
			break;
		res = sock_sleep(&p->q, deadline, m->flags & MSG_DONTWAIT);
		sock_put(p);
		if (res)
			return res;
	}
	if (!res)
		res = deliver(s, p, m);
	sock_put(p);
	return res;
}

/* There is room again: for those who sleep here, and those who poll their own socket. */
static void wake_senders(struct sock *s)
{
	s->stalled = false;
	sock_wake(s, POLLOUT);
	if (s->type == SOCK_SEQPACKET && s->peer)
		sock_wake(s->peer, POLLOUT | POLLWRNORM);
	for (struct sock *from = s->senders, *next; from; from = next) {
		next = from->next_sender;
		sock_wake(from, POLLOUT | POLLWRNORM);
	}
}

long unix_dgram_recv(struct sock *s, struct message *m)
{
	long res = m->flags & MSG_OOB ? -EOPNOTSUPP : dgram_recv(s, m);

	if (s->stalled && !(m->flags & MSG_PEEK))
		wake_senders(s);
	return res;
}

u32 unix_dgram_poll(struct sock *s, struct waitq **q)
{
	u32 mask = dgram_poll(s);

	*q = &s->q;
	if (!s->peer || s->peer->dead || writable(s, s->peer))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return mask;
}

long unix_dgram_ioctl(struct sock *s, u32 cmd, u64 arg)
{
	if (cmd == FIONREAD)
		return put_user(s->msgs.first ? (int)s->msgs.first->len : 0, arg);
	if (cmd == SIOCOUTQ)
		return put_user(s->peer ? (int)s->peer->msgs.bytes : 0, arg);
	return -ENOTTY;
}

static void unix_dgram_release(struct sock *s)
{
	unix_unname(s);
	unix_set_peer(s, NULL);
	leave_senders(s);
	dgram_drain(&s->msgs);
}

static int unix_dgram_shutdown(struct sock *s, u32 how)
{
	s->shut |= how;
	sock_wake(s, POLLIN | POLLRDNORM | POLLOUT | POLLRDHUP | POLLHUP);
	return 0;
}

const struct sock_ops unix_dgram_ops = {
	.bind = unix_bind, .listen = sock_no_listen, .connect = unix_dgram_connect,
	.accept = sock_no_accept, .name = unix_get_name, .shutdown = unix_dgram_shutdown,
	.send = unix_dgram_send, .recv = unix_dgram_recv, .poll = unix_dgram_poll,
	.ioctl = unix_dgram_ioctl, .release = unix_dgram_release,
};
