/* SPDX-License-Identifier: MIT */
/* Queues of whole messages: datagrams of UDP and AF_UNIX, and SOCK_SEQPACKET. */
#include "net/net.h"
#include "sys/sys.h"
#include <linux/time.h>

static u64 footprint(u64 len)
{
	return sizeof(struct dgram) + len;
}

struct dgram *dgram_new(struct message *m, int *err)
{
	u64 len = m->io.left;
	struct dgram *d;

	*err = -ENOBUFS;
	if (!net_charge(footprint(len)))
		return NULL;
	d = kmalloc(footprint(len));
	if (!d) {
		net_uncharge(footprint(len));
		return NULL;
	}
	d->next = NULL;
	d->len = len;
	d->from.len = 0;
	d->tos = d->ttl = 0;
	d->when = 0;
	d->rights = NULL;
	if (io_get(&m->io, d->data, len) < (long)len) {
		dgram_free(d);
		*err = -EFAULT;
		return NULL;
	}
	return d;
}

void dgram_free(struct dgram *d)
{
	rights_free(d->rights);
	net_uncharge(footprint(d->len));
	kfree(d);
}

void dgram_push(struct sock *s, struct dgram *d)
{
	struct dgram_queue *q = &s->msgs;

	if (s->o.timestamp)
		d->when = time_now(CLOCK_REALTIME);
	if (q->last)
		q->last->next = d;
	else
		q->first = d;
	q->last = d;
	q->count++;
	q->bytes += footprint(d->len);
}

static struct dgram *pop(struct dgram_queue *q)
{
	struct dgram *d = q->first;

	q->first = d->next;
	if (!q->first)
		q->last = NULL;
	q->count--;
	q->bytes -= footprint(d->len);
	return d;
}

void dgram_drain(struct dgram_queue *q)
{
	while (q->first)
		dgram_free(pop(q));
}

long dgram_take(struct dgram_queue *q, struct message *m)
{
	struct dgram *d = q->first;
	u64 part = MIN(d->len, m->io.left);
	long res = part;

	if (part && io_put(&m->io, d->data, part) < (long)part)
		res = -EFAULT;
	if (res >= 0) {
		m->addr = d->from;
		m->to = d->to;
		m->has_to = true;
		m->tos = d->tos;
		m->ttl = d->ttl;
		m->when = d->when;
		if (part < d->len)
			m->out_flags |= MSG_TRUNC;
		if (m->flags & MSG_TRUNC)
			res = d->len;
		m->rights = m->flags & MSG_PEEK ? rights_copy(d->rights) : d->rights;
	}
	if (m->flags & MSG_PEEK)
		return res;
	pop(q);
	if (res >= 0)
		d->rights = NULL;
	dgram_free(d);
	return res;
}

/* Is an end to be told instead of waiting?  Not to a datagram socket that must not block. */
static bool at_end(const struct sock *s, const struct message *m)
{
	return s->shut & SHUT_RCV && !(s->type == SOCK_DGRAM && m->flags & MSG_DONTWAIT);
}

long dgram_recv(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->rcvtimeo);
	long res;

	for (;;) {
		if (s->err)
			return sock_error(s);
		if (s->msgs.first)
			return dgram_take(&s->msgs, m);
		if (at_end(s, m))
			return 0;
		res = sock_sleep(&s->q, deadline, m->flags & MSG_DONTWAIT);
		if (res)
			return res;
	}
}

u32 dgram_poll(const struct sock *s)
{
	u32 mask = s->err ? POLLERR : 0;

	if (s->shut == SHUT_BOTH)
		mask |= POLLHUP;
	if (s->shut & SHUT_RCV)
		mask |= POLLIN | POLLRDNORM | POLLRDHUP;
	return s->msgs.first ? mask | POLLIN | POLLRDNORM : mask;
}
