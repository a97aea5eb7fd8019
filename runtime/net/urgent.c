/* SPDX-License-Identifier: MIT */
/*
 * TCP's urgent data inside the VM: the last byte that was sent with MSG_OOB has a mark in the
 * stream.  Reading stops there once; unless SO_OOBINLINE is set the byte is left out, and MSG_OOB
 * reads it.
 * Source: tcp(7), RFC 6093, and what Linux does (the mark is on the byte itself).
 */
#include "net/net.h"

bool urgent_at_mark(const struct sock *s)
{
	return s->rx.urgent && s->rx.urgent_at == s->rx.taken;
}

bool urgent_hidden(const struct sock *s)
{
	return urgent_at_mark(s) && !s->o.oobinline;
}

void urgent_mark(struct sock *peer)
{
	struct stream *r = &peer->rx;

	/* One that was never read is lost where it is the next. */
	if (urgent_hidden(peer) && stream_len(r) > 1)
		stream_take(r, 1);
	r->urgent = URGENT_NEW;
	r->urgent_at = r->written - 1;
	sock_wake(peer, POLLPRI);
}

u64 urgent_limit(struct sock *s, u64 max, bool peek, u64 *skip)
{
	struct stream *r = &s->rx;
	u64 at = r->urgent_at - r->taken;

	if (!r->urgent || *skip > at)
		return max;
	if (*skip < at)
		return MIN(max, at - *skip);
	if (s->o.oobinline)
		return max;
	if (peek) {
		++*skip;
	} else {
		stream_take(r, 1);
		r->urgent = URGENT_NONE;
	}
	return max;
}

void urgent_passed(struct stream *r)
{
	if (r->urgent && r->taken > r->urgent_at)
		r->urgent = URGENT_NONE;
}

long urgent_recv(struct sock *s, struct message *m)
{
	struct stream *r = &s->rx;
	long res;

	if (s->o.oobinline || r->urgent != URGENT_NEW)
		return -EINVAL;
	m->out_flags |= m->io.left ? MSG_OOB : MSG_OOB | MSG_TRUNC;
	res = stream_peek(r, &m->io, r->urgent_at - r->taken, MIN(m->io.left, 1UL),
			  m->flags & MSG_TRUNC);
	if (res >= 0 && !(m->flags & MSG_PEEK))
		r->urgent = URGENT_READ;
	return res;
}

u64 urgent_before(const struct sock *s)
{
	const struct stream *r = &s->rx;

	if (s->o.oobinline || !r->urgent)
		return stream_len(r);
	return r->urgent_at - r->taken;
}
