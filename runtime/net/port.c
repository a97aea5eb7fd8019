/* SPDX-License-Identifier: MIT */
/*
 * Ports of TCP and UDP: who has which, who may share one, and who is meant by an address.  A port
 * in use is found by a hash; its sockets are on two lists, since a listener must be found however
 * many connections share its port.
 */
#include "net/net.h"
#include "sys/sys.h"

#define BUCKETS		1024U
#define EPHEMERAL_MIN	32768U		/* net.ipv4.ip_local_port_range */
#define EPHEMERAL_N	28232U

struct port {
	struct port *next;
	u16 num;
	bool tcp;
	struct sock *owners[2];		/* those that do not listen, those that do */
};

static struct port *table[BUCKETS];

static struct port **slot(bool tcp, u16 num)
{
	struct port **at = &table[num % BUCKETS];

	while (*at && ((*at)->num != num || (*at)->tcp != tcp))
		at = &(*at)->next;
	return at;
}

static bool is_tcp(const struct sock *s)
{
	return s->type == SOCK_STREAM;
}

static bool v6_any(const struct ep *e)
{
	return ep_is_any(e) && !ep_is_v4(e);
}

/* Could a packet be for both? */
static bool overlap(const struct sock *a, const struct sock *b)
{
	if (v6_any(&a->local))
		return !ep_is_v4(&b->local) || !a->o.v6only;
	if (v6_any(&b->local))
		return !ep_is_v4(&a->local) || !b->o.v6only;
	if (ep_is_v4(&a->local) != ep_is_v4(&b->local))
		return false;
	return ep_is_any(&a->local) || ep_is_any(&b->local) || ep_same_ip(&a->local, &b->local);
}

static bool may_share(const struct sock *s, const struct sock *other)
{
	if (!overlap(s, other))
		return true;
	if (s->o.reuseport && other->o.reuseport)
		return true;
	return s->o.reuseaddr && other->o.reuseaddr && !(is_tcp(s) && other->listening);
}

static bool in_conflict(const struct sock *s, const struct port *p)
{
	for (int i = 0; i < 2; i++)
		for (struct sock *o = p->owners[i]; o; o = o->next_owner)
			if (!may_share(s, o))
				return true;
	return false;
}

static void link(struct sock *s)
{
	struct sock **first = &s->port->owners[s->listening];

	s->prev_owner = NULL;
	s->next_owner = *first;
	if (*first)
		(*first)->prev_owner = s;
	*first = s;
}

static void unlink(struct sock *s)
{
	if (s->prev_owner)
		s->prev_owner->next_owner = s->next_owner;
	else
		s->port->owners[s->listening] = s->next_owner;
	if (s->next_owner)
		s->next_owner->prev_owner = s->prev_owner;
}

/* A port that nobody has, from a random one on; 0: there is none. */
static u16 find_free(bool tcp)
{
	static u32 at;

	if (!at)
		random_bytes(&at, sizeof(at));
	for (u32 i = 0; i < EPHEMERAL_N; i++) {
		u16 num = EPHEMERAL_MIN + at++ % EPHEMERAL_N;

		if (!*slot(tcp, num))
			return num;
	}
	return 0;
}

int port_bind(struct sock *s)
{
	struct port **at, *p;

	if (!s->local.port)
		s->local.port = find_free(is_tcp(s));
	if (!s->local.port)
		return -EADDRINUSE;
	at = slot(is_tcp(s), s->local.port);
	p = *at;
	if (p && in_conflict(s, p))
		return -EADDRINUSE;
	if (!p) {
		p = kzalloc(sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->num = s->local.port;
		p->tcp = is_tcp(s);
		*at = p;
	}
	s->port = p;
	link(s);
	return 0;
}

void port_join(struct sock *s, struct sock *listener)
{
	s->port = listener->port;
	link(s);
}

void port_leave(struct sock *s)
{
	struct port *p = s->port, **at;

	if (!p)
		return;
	unlink(s);
	s->port = NULL;
	s->listening = false;
	if (p->owners[0] || p->owners[1])
		return;
	at = slot(p->tcp, p->num);
	*at = p->next;
	kfree(p);
}

int port_listen(struct sock *s)
{
	for (struct sock *o = s->port->owners[1]; o; o = o->next_owner)
		if (o != s && overlap(s, o) && !(s->o.reuseport && o->o.reuseport))
			return -EADDRINUSE;
	unlink(s);
	s->listening = true;
	link(s);
	return 0;
}

void port_unlisten(struct sock *s)
{
	unlink(s);
	s->listening = false;
	link(s);
}

/* How well a socket fits: the more exact the better; 0: not at all.  src: NULL for TCP. */
static u32 score(const struct sock *s, const struct ep *dest, const struct ep *src)
{
	u32 n = 1;

	if (v6_any(&s->local)) {
		if (ep_is_v4(dest) && s->o.v6only)
			return 0;
	} else if (ep_is_any(&s->local)) {
		if (!ep_is_v4(dest))
			return 0;
		n = 2;
	} else if (ep_same_ip(&s->local, dest)) {
		n = 4;
	} else {
		return 0;
	}
	if (src && s->remote.port)
		return ep_equal(&s->remote, src) ? n + 8 : 0;
	return n;
}

/* The best of a list; of several that are as good, which SO_REUSEPORT allows, in turn. */
static struct sock *best(struct sock *first, const struct ep *dest, const struct ep *src)
{
	static u32 turn;
	struct sock *found = NULL;
	u32 top = 0, equals = 0, skip;

	for (struct sock *s = first; s; s = s->next_owner) {
		u32 n = score(s, dest, src);

		if (n > top) {
			top = n;
			equals = 0;
			found = s;
		}
		equals += n && n == top;
	}
	if (equals < 2 || !found->o.reuseport)
		return found;
	skip = turn++ % equals;
	for (struct sock *s = first; s; s = s->next_owner)
		if (score(s, dest, src) == top && !skip--)
			return s;
	return found;
}

struct sock *port_listener(const struct ep *dest)
{
	struct port *p = *slot(true, dest->port);

	return p ? best(p->owners[1], dest, NULL) : NULL;
}

struct sock *port_receiver(const struct ep *dest, const struct ep *src)
{
	struct port *p = *slot(false, dest->port);

	return p ? best(p->owners[0], dest, src) : NULL;
}
