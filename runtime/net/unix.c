/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX: making, connecting and closing sockets of all three types.  Bytes are conn.c's,
 * messages unix_dgram.c's, names unix_name.c's.
 */
#include "net/hosted.h"
#include "net/unix.h"

/* A socket's name as it is shown: of an unnamed one the family alone. */
static void copy_name(const struct sock *s, struct addr *a)
{
	if (s->name)
		*a = s->name->addr;
	else
		*a = (struct addr){ .len = UN_PATH, .family = AF_UNIX };
}

int unix_get_name(struct sock *s, bool peer, struct addr *a)
{
	if (peer && !s->peer)
		return -ENOTCONN;
	copy_name(peer ? s->peer : s, a);
	return 0;
}

/* Who receives credentials shall be able to answer to a name. */
int unix_connect_autobind(struct sock *s)
{
	return s->o.passcred ? unix_autobind(s) : 0;
}

static int unix_listen(struct sock *s)
{
	int err;

	if (!s->name || s->peer || (s->state != SS_CLOSED && s->state != SS_LISTEN))
		return -EINVAL;
	if (s->state == SS_CLOSED) {
		err = hostlisten_begin(s);
		if (err)
			return err;
	}
	s->state = SS_LISTEN;
	s->peercred = cred_now();
	sock_wake(s, POLLOUT);		/* the backlog may have grown */
	return 0;
}

/* The listener at a, when it has room.  It may sleep, and then looks again. */
static int find_listener(struct sock *s, const struct addr *a, bool nonblock, struct sock **l)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	int err;

	for (;;) {
		err = unix_find(a, s->type, l);
		if (err)
			return err;
		if ((*l)->state != SS_LISTEN || (*l)->shut & SHUT_RCV)
			return -ECONNREFUSED;
		if (!backlog_full(*l))
			return 0;
		err = sock_sleep(&(*l)->q, deadline, nonblock);
		if (err)
			return err;
	}
}

/* The other end of a connection: it has the listener's name, too. */
static struct sock *accepted(const struct sock *l)
{
	struct sock *conn = sock_new(l->ops, AF_UNIX, l->type, l->protocol);

	if (!conn)
		return NULL;
	conn->name = kzalloc(sizeof(*conn->name));
	if (!conn->name) {
		sock_put(conn);
		return NULL;
	}
	conn->name->addr = l->name->addr;
	conn->o.passcred = l->o.passcred;
	return conn;
}

static int unix_connect(struct sock *s, const struct addr *a, bool nonblock)
{
	struct sock *l, *conn;
	int err = unix_connect_autobind(s);

	s32 outside = unix_outside(a);

	if (!err && outside >= 0)
		return s->type != SOCK_STREAM ? -EPROTOTYPE :
		       hosttcp_connect_unix(s, outside, a, nonblock);
	if (!err)
		err = find_listener(s, a, nonblock, &l);
	if (err)
		return err;
	if (s->state != SS_CLOSED || s->peer)
		return s->state == SS_LISTEN ? -EINVAL : -EISCONN;
	conn = accepted(l);
	if (!conn)
		return -ENOMEM;
	conn_join(s, conn);
	conn->peercred = cred_now();
	s->peercred = l->peercred;
	backlog_add(l, conn);
	return 0;
}

static int unix_accept(struct sock *l, struct sock **out, bool nonblock)
{
	int err = backlog_accept(l, out, nonblock);

	if (!err)
		sock_wake(l, POLLOUT);		/* who waits for room sleeps here */
	return err;
}

static int unix_shutdown(struct sock *s, u32 how)
{
	conn_shutdown(s, how);
	return 0;
}

static void unix_release(struct sock *s)
{
	bool unread = stream_len(&s->rx) || s->msgs.first;

	unix_unname(s);
	s->state = SS_CLOSED;
	backlog_drop(s);
	conn_close(s, unread || s->unborn);
	stream_free(&s->rx);
	dgram_drain(&s->msgs);
}

static long unix_stream_send(struct sock *s, struct message *m)
{
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->addr.len)
		return s->state == SS_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (!s->peer)
		return -ENOTCONN;
	return conn_send(s, m);
}

static long unix_stream_recv(struct sock *s, struct message *m)
{
	long res;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->state != SS_CONNECTED)
		return -EINVAL;
	res = conn_recv(s, m);
	if (res > 0 && s->peer && s->peer->name)
		m->addr = s->peer->name->addr;
	return res;
}

static const struct sock_ops stream_sock_ops = {
	.bind = unix_bind, .listen = unix_listen, .connect = unix_connect, .accept = unix_accept,
	.unaccept = backlog_unaccept, .name = unix_get_name, .shutdown = unix_shutdown,
	.send = unix_stream_send, .recv = unix_stream_recv, .poll = conn_poll,
	.ioctl = conn_ioctl, .release = unix_release,
};

static u32 seqpacket_poll(struct sock *s, struct waitq **q)
{
	if (s->state == SS_LISTEN)
		return conn_poll(s, q);
	return unix_dgram_poll(s, q) | (s->state == SS_CLOSED ? POLLHUP : 0);
}

static long seqpacket_send(struct sock *s, struct message *m)
{
	m->addr.len = 0;
	return s->state == SS_CONNECTED ? unix_dgram_send(s, m) : -ENOTCONN;
}

static long seqpacket_recv(struct sock *s, struct message *m)
{
	return s->state == SS_CONNECTED ? unix_dgram_recv(s, m) : -ENOTCONN;
}

static const struct sock_ops seqpacket_ops = {
	.bind = unix_bind, .listen = unix_listen, .connect = unix_connect, .accept = unix_accept,
	.unaccept = backlog_unaccept, .name = unix_get_name, .shutdown = unix_shutdown,
	.send = seqpacket_send, .recv = seqpacket_recv, .poll = seqpacket_poll,
	.ioctl = unix_dgram_ioctl, .release = unix_release,
};

int unix_create(u8 type, s32 protocol, struct sock **s)
{
	const struct sock_ops *ops;

	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type) {
	case SOCK_STREAM:
		ops = &stream_sock_ops;
		break;
	case SOCK_SEQPACKET:
		ops = &seqpacket_ops;
		break;
	case SOCK_RAW:			/* as Linux takes it */
	case SOCK_DGRAM:
		type = SOCK_DGRAM;
		ops = &unix_dgram_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	*s = sock_new(ops, AF_UNIX, type, 0);
	return *s ? 0 : -ENOMEM;
}

void unix_pair(struct sock *a, struct sock *b)
{
	if (a->type == SOCK_DGRAM) {
		unix_set_peer(a, b);
		unix_set_peer(b, a);
	} else {
		conn_join(a, b);
	}
	a->peercred = b->peercred = cred_now();
}
