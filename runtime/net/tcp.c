/* SPDX-License-Identifier: MIT */
/*
 * TCP inside the VM: the states of its sockets.  There are no packets, so a handshake is done at
 * once, when the listener has room; then the connection is conn.c's.
 */
#include "net/hosted.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

#define EVENTS_DONE	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLRDHUP | POLLHUP | \
			 POLLERR)

/* The other end of s's connection, in the listener's backlog.  0 or -ENOMEM. */
static int establish(struct sock *s, struct sock *l)
{
	struct sock *conn = sock_new(&tcp_ops, l->family, l->type, l->protocol);

	if (!conn)
		return -ENOMEM;
	conn->o = l->o;
	conn->rcvbuf = l->rcvbuf;
	conn->sndbuf = l->sndbuf;
	conn->locked_rcvbuf = l->locked_rcvbuf;
	conn->locked_sndbuf = l->locked_sndbuf;
	conn->local = s->remote;
	conn->remote = s->local;
	port_join(conn, l);
	conn_join(s, conn);
	backlog_add(l, conn);
	return 0;
}

/* An attempt has failed: the socket is as new, but for the error and its address. */
static void fail_attempt(struct sock *s, int err)
{
	s->state = SS_CLOSED;
	s->listener = NULL;
	s->err = err;
	s->shut = SHUT_BOTH;
	sock_wake(s, EVENTS_DONE);
}

static void admit_pending(struct sock *l)
{
	while (l->pending.first && !backlog_full(l)) {
		struct sock *s = sock_list_pop(&l->pending);

		s->listener = NULL;
		if (establish(s, l))
			fail_attempt(s, ECONNREFUSED);
		else
			sock_wake(s, POLLOUT | POLLWRNORM);
	}
}

/* After an attempt or a connection: ready for connect() again. */
static void renew(struct sock *s)
{
	s->state = SS_CLOSED;
	s->attempt = s->fin = false;
	s->shut = 0;
	s->err = 0;
	stream_free(&s->rx);
	/* As on Linux the old port is still shown, though it is not the socket's any more. */
	inet_unbind(s);
}

static void stop_attempt(struct sock *s)
{
	if (s->listener)
		sock_list_remove(&s->listener->pending, s);
	s->listener = NULL;
}

static void stop_listening(struct sock *s)
{
	struct sock *waiting;

	s->state = SS_CLOSED;
	backlog_drop(s);
	while ((waiting = sock_list_pop(&s->pending)))
		fail_attempt(waiting, ECONNREFUSED);
}

/* connect() with AF_UNSPEC. */
static int disconnect(struct sock *s)
{
	stop_attempt(s);
	if (s->state == SS_LISTEN) {
		stop_listening(s);
		port_unlisten(s);
	}
	conn_close(s, true);
	renew(s);
	sock_wake(s, EVENTS_DONE);
	return 0;
}

/* Begins the attempt.  0: under way, done or failed, as state and err say; or -errno at once. */
static int begin(struct sock *s, const struct addr *a)
{
	struct sock *l;
	struct ep dest;
	int err = inet_dest(s, a, &dest);

	if (err)
		return err;
	l = port_listener(&dest);
	if (!l) {			/* who listens in the VM comes first */
		err = hosted_may_connect() ? hosttcp_connect(s, &dest) : -EACCES;
		if (err != -EACCES || !ep_is_loopback(&dest))
			return err;
	}
	err = inet_autobind(s, &dest);
	if (err)
		return err;
	s->remote = dest;
	s->shut = 0;
	s->attempt = true;
	if (!l) {
		fail_attempt(s, ECONNREFUSED);
	} else if (backlog_full(l)) {
		s->state = SS_CONNECTING;
		s->listener = l;
		sock_list_push(&l->pending, s);
	} else if (establish(s, l)) {
		fail_attempt(s, ENOBUFS);
	}
	return 0;
}

/* What came of an attempt; it is over then. */
static int outcome(struct sock *s)
{
	int err;

	s->attempt = false;
	if (s->state == SS_CONNECTED)
		return 0;
	err = sock_error(s);
	renew(s);
	return err ? err : -ECONNABORTED;
}

static int tcp_connect(struct sock *s, const struct addr *a, bool nonblock)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	bool begun = s->attempt;
	int err = 0;

	if (a->family == AF_UNSPEC)
		return disconnect(s);
	if (!begun && s->state != SS_CLOSED)
		return -EISCONN;
	if (!begun)
		err = begin(s, a);
	if (err)
		return err;
	/* As Linux: the answer of a handshake is looked at after the call that must not wait. */
	if (nonblock && !begun)
		return -EINPROGRESS;
	if (s->ops != &tcp_ops)		/* it leads out of the VM now */
		return s->ops->connect(s, a, nonblock);
	while (s->state == SS_CONNECTING) {
		err = sock_sleep(&s->q, deadline, nonblock);
		if (err == -EAGAIN)
			return nonblock ? -EALREADY : -EINPROGRESS;
		if (err)
			return err;
	}
	return outcome(s);
}

static int tcp_listen(struct sock *s)
{
	int err;

	if (s->attempt || (s->state != SS_CLOSED && s->state != SS_LISTEN))
		return -EINVAL;
	if (s->state == SS_CLOSED) {
		err = inet_autobind(s, NULL);
		if (!err)
			err = port_listen(s);
		if (err)
			return err;
		s->user_port = true;
		s->shut = 0;
		s->state = SS_LISTEN;
		err = hostlisten_begin(s);
		if (err) {
			stop_listening(s);
			port_unlisten(s);
			return err;
		}
	}
	admit_pending(s);
	return 0;
}

static int tcp_accept(struct sock *l, struct sock **out, bool nonblock)
{
	int err = backlog_accept(l, out, nonblock);

	if (!err)
		admit_pending(l);
	return err;
}

static int tcp_shutdown(struct sock *s, u32 how)
{
	switch (s->state) {
	case SS_CONNECTED:
		conn_shutdown(s, how);
		return 0;
	case SS_LISTEN:
		if (how & SHUT_RCV) {
			stop_listening(s);
			port_unlisten(s);
			sock_wake(s, EVENTS_DONE);
		}
		return 0;
	case SS_CONNECTING:
		return disconnect(s);
	default:
		s->shut |= how;
		sock_wake(s, EVENTS_DONE);
		return -ENOTCONN;
	}
}

static long tcp_send(struct sock *s, struct message *m)
{
	rights_free(m->rights);		/* none but AF_UNIX carries them */
	m->rights = NULL;
	return conn_send(s, m);
}

static long tcp_recv(struct sock *s, struct message *m)
{
	if (m->flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (s->state == SS_LISTEN)
		return m->flags & MSG_OOB ? -EINVAL : -ENOTCONN;
	return m->flags & MSG_OOB ? urgent_recv(s, m) : conn_recv(s, m);
}

static long tcp_ioctl(struct sock *s, u32 cmd, u64 arg)
{
	if (cmd == SIOCATMARK)
		return put_user((int)urgent_at_mark(s), arg);
	return conn_ioctl(s, cmd, arg);
}

static void tcp_release(struct sock *s)
{
	bool reset = s->unborn || stream_len(&s->rx) || (s->o.linger_on && !s->o.linger_s);

	stop_attempt(s);
	if (s->state == SS_LISTEN)
		stop_listening(s);
	conn_close(s, reset);
	port_leave(s);
	stream_free(&s->rx);
}

const struct sock_ops tcp_ops = {
	.bind = inet_bind, .listen = tcp_listen, .connect = tcp_connect, .accept = tcp_accept,
	.unaccept = backlog_unaccept, .name = inet_name, .shutdown = tcp_shutdown,
	.send = tcp_send, .recv = tcp_recv, .poll = conn_poll, .ioctl = tcp_ioctl,
	.release = tcp_release,
};
