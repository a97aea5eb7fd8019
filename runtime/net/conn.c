/* SPDX-License-Identifier: MIT */
/*
 * Connections inside the VM: two sockets that write into each other's stream.  Shared by TCP and
 * AF_UNIX streams, which differ in how the end of a connection is told.
 */
#include "net/net.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

/* Bytes under way, where the program sets no buffer. */
#define WINDOW		(256 * 1024UL)

#define EVENTS_END	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLRDHUP | POLLHUP | \
			 POLLERR)

static bool is_unix(const struct sock *s)
{
	return s->family == AF_UNIX;
}

void conn_join(struct sock *a, struct sock *b)
{
	a->peer = sock_get(b);
	b->peer = sock_get(a);
	a->state = b->state = SS_CONNECTED;
}

/* How many bytes may wait for the peer to read them. */
static u64 window(const struct sock *s)
{
	if (is_unix(s))
		return s->sndbuf;
	if (s->locked_sndbuf || s->peer->locked_rcvbuf)
		return (u64)s->sndbuf + s->peer->rcvbuf;
	return WINDOW;
}

u64 conn_room(const struct sock *s)
{
	u64 len = stream_len(&s->peer->rx), max = window(s);

	return len < max ? max - len : 0;
}

/* Worth to be called writable: a third is free, as TCP has it. */
static bool writable(const struct sock *s)
{
	return conn_room(s) * 3 >= window(s);
}

/* The end of the stream from the peer, in order. */
static void end_receive(struct sock *s)
{
	s->shut |= SHUT_RCV;
	s->fin = true;
	sock_wake(s, POLLIN | POLLRDNORM | POLLRDHUP | (s->shut == SHUT_BOTH ? POLLHUP : 0));
}

/* The connection is no more. */
static void abort_conn(struct sock *s, int err)
{
	s->err = err;
	s->shut = SHUT_BOTH;
	if (!is_unix(s))
		s->state = SS_CLOSED;
	sock_wake(s, EVENTS_END);
}

void conn_shutdown(struct sock *s, u32 how)
{
	struct sock *p = s->peer;

	s->shut |= how;
	if (p && !p->dead && how & SHUT_SND && !(p->shut & SHUT_RCV))
		end_receive(p);
	if (p && !p->dead && how & SHUT_RCV && is_unix(s)) {
		p->shut |= SHUT_SND;
		sock_wake(p, POLLOUT | POLLWRNORM | (p->shut == SHUT_BOTH ? POLLHUP : 0));
	}
	sock_wake(s, EVENTS_END);
}

void conn_close(struct sock *s, bool reset)
{
	struct sock *p = s->peer;

	s->shut = SHUT_BOTH;
	s->peer = NULL;
	if (!p)
		return;
	if (p->dead || p->peer != s)
		;			/* nobody to be told */
	else if (reset)
		abort_conn(p, p->fin && !is_unix(p) ? EPIPE : ECONNRESET);
	else if (is_unix(p))
		abort_conn(p, p->err);
	else if (p->state == SS_CONNECTED)
		end_receive(p);
	sock_put(p);
}

/* ---- sending ---- */

/* What stands in the way, with SIGPIPE where it is due; 0: nothing. */
static long send_error(struct sock *s, const struct message *m)
{
	int err;

	if (!(s->shut & SHUT_SND) && !s->err && s->peer)
		return 0;
	err = is_unix(s) ? 0 : sock_error(s);
	return err && err != -EPIPE ? err : sock_epipe(m);
}

/* TCP learns by an answer to what it sends that nobody is there: this time it has been sent. */
static long send_to_nobody(struct sock *s, struct message *m)
{
	u64 n = m->io.left;

	io_advance(&m->io, n);
	abort_conn(s, s->fin ? EPIPE : ECONNRESET);
	return n;
}

static long put(struct sock *s, struct message *m, u64 room)
{
	u64 n = MIN(room, m->io.left);
	long res;

	res = stream_put(&s->peer->rx, &m->io, n);
	if (res <= 0)
		return res;
	if (m->rights)
		stream_attach(&s->peer->rx, res, m->rights);
	m->rights = NULL;
	sock_wake(s->peer, POLLIN | POLLRDNORM);
	return res;
}

long conn_send(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	long done = 0, res = 0;

	while (s->state == SS_CONNECTING && !res)
		res = sock_sleep(&s->q, deadline, m->flags & MSG_DONTWAIT);
	if (res)
		return res;
	do {
		u64 room;

		if (s->shut & SHUT_SND || s->err || !s->peer) {
			res = done ? done : send_error(s, m);
			break;
		}
		if (s->peer->dead && m->io.left) {
			done += send_to_nobody(s, m);
			break;
		}
		room = conn_room(s);
		if (room || !m->io.left)
			res = put(s, m, room);
		else
			res = sock_sleep(&s->q, deadline, m->flags & MSG_DONTWAIT);
		if (res > 0)
			done += res;
	} while (res >= 0 && m->io.left);
	if (done > 0 && m->flags & MSG_OOB && s->peer && stream_len(&s->peer->rx))
		urgent_mark(s->peer);
	return done ? done : res;
}

/* ---- receiving ---- */

/* Nothing to read: 0 with *end, an error, or 0 to wait. */
static long empty(struct sock *s, bool *end)
{
	*end = true;
	if (s->fin && !is_unix(s))
		return 0;
	if (s->err)
		return sock_error(s);
	if (s->shut & SHUT_RCV)
		return 0;
	if (s->state == SS_CLOSED)
		return -ENOTCONN;
	*end = false;
	return 0;
}

static u64 peek_offset(const struct sock *s, u32 flags)
{
	return flags & MSG_PEEK && s->o.peek_off > 0 ? (u64)s->o.peek_off : 0;
}

static void move_peek_offset(struct sock *s, u32 flags, u64 n)
{
	if (s->o.peek_off < 0)
		return;
	if (flags & MSG_PEEK)
		s->o.peek_off += (s32)n;
	else
		s->o.peek_off -= (s32)MIN(n, (u64)s->o.peek_off);
}

/* Moves what there is, max bytes at most.  *stop: no more in this call. */
static long take(struct sock *s, struct message *m, u64 max, bool *stop)
{
	bool peek = m->flags & MSG_PEEK;
	struct sock *from = s->peer && !s->peer->dead && !writable(s->peer) ? s->peer : NULL;
	u64 skip = peek_offset(s, m->flags), n;
	struct rights *rights;
	long res;

	max = urgent_limit(s, max, peek, &skip);
	n = stream_until_rights(&s->rx, skip + max, &rights);
	n = n > skip ? n - skip : 0;
	res = stream_peek(&s->rx, &m->io, skip, n, m->flags & MSG_TRUNC && !is_unix(s));
	*stop = res < 0 || peek || rights;
	if (res <= 0)
		return res;
	if (rights)
		m->rights = peek ? rights_copy(rights) : stream_detach(&s->rx);
	move_peek_offset(s, m->flags, res);
	if (!peek) {
		stream_take(&s->rx, res);
		urgent_passed(&s->rx);
	}
	if (from && writable(from))
		sock_wake(from, POLLOUT | POLLWRNORM);
	return res;
}

static u64 least(const struct sock *s, const struct message *m)
{
	u64 n = m->io.left;

	if (!(m->flags & MSG_WAITALL))
		n = MIN(n, (u64)MAX(s->o.rcvlowat, 1));
	return n ? n : 1;
}

long conn_recv(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->rcvtimeo), want = m->io.left, target = least(s, m);
	long done = 0, res;
	bool stop = false;

	for (;;) {
		res = take(s, m, want - (u64)done, &stop);
		if (res > 0)
			done += res;
		if (res < 0 || (done && stop) || (u64)done >= target ||
		    (!want && stream_len(&s->rx)))
			break;
		if (done && (s->err || s->fin || s->shut & SHUT_RCV || urgent_at_mark(s)))
			break;
		res = empty(s, &stop);
		if (!res && !stop)
			res = sock_sleep(&s->q, deadline, m->flags & MSG_DONTWAIT);
		if (res || stop)
			break;
	}
	return done ? done : res;
}

/* ---- the rest ---- */

u32 conn_poll(struct sock *s, struct waitq **q)
{
	u32 mask = s->err ? POLLERR : 0;

	*q = &s->q;
	if (s->state == SS_LISTEN)
		return mask | backlog_poll(s);
	if (s->shut == SHUT_BOTH || s->state == SS_CLOSED)
		mask |= POLLHUP;
	if (s->shut & SHUT_RCV)
		mask |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (s->state == SS_CONNECTING)
		return mask;
	if (stream_len(&s->rx) >= (u64)MAX(s->o.rcvlowat, 1) + urgent_hidden(s))
		mask |= POLLIN | POLLRDNORM;
	if (s->rx.urgent == URGENT_NEW)
		mask |= POLLPRI;
	if (!s->peer || s->peer->dead || s->shut & SHUT_SND || writable(s))
		mask |= POLLOUT | POLLWRNORM | (is_unix(s) ? POLLWRBAND : 0);
	return mask;
}

long conn_ioctl(struct sock *s, u32 cmd, u64 arg)
{
	if (cmd != FIONREAD && cmd != SIOCOUTQ)
		return -ENOTTY;
	if (s->state == SS_LISTEN)
		return -EINVAL;
	if (cmd == FIONREAD)
		return put_user((int)urgent_before(s), arg);
	/* TCP's data lies acknowledged on the other side; AF_UNIX has but one place for it. */
	if (!is_unix(s) || !s->peer)
		return put_user((int)0, arg);
	return put_user((int)stream_len(&s->peer->rx), arg);
}
