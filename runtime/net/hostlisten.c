/* SPDX-License-Identifier: MIT */
/*
 * Listeners that were bound where a --listen is granted: what comes from outside and from the VM
 * itself is accepted.  The host's socket has been listening since before the guest began.
 */
#include "net/hosted.h"
#include "net/unix.h"

static const struct sock_ops *inside(const struct sock *l)
{
	return l->hosted->inside;
}

/* A connection from outside.  0; -EAGAIN: none waits; other errors of the host. */
static int accept_outside(struct sock *l, struct sock **out)
{
	struct mvm_inet in = { .proto = MVM_PROTO_TCP };
	struct mvm_sqe e = { .op = MVM_OP_ACCEPT, .handle = l->hosted->fd.handle,
			     .addr2.v = va_to_gpa(&in), .len2 = sizeof(in) };
	long handle = hyper(&e, NULL);
	struct sock *conn;

	hostfd_used(&l->hosted->fd, POLLIN);
	if (handle == -EAGAIN)
		hostfd_again(&l->hosted->fd, POLLIN);
	if (handle < 0)
		return (int)handle;
	conn = sock_new(&hosttcp_ops, l->family, l->type, l->protocol);
	if (!conn || hosted_attach(conn, (s32)handle, NULL, false)) {
		sock_put(conn);
		hosted_close((s32)handle);
		return -ENOMEM;
	}
	hostbuf_init(&conn->hosted->bytes, &conn->hosted->fd);
	hostbuf_connected(&conn->hosted->bytes);
	conn->o = l->o;
	conn->state = SS_CONNECTED;
	if (l->family != AF_UNIX) {
		hosted_to_ep(&in, &conn->remote);
		conn->local = l->local;
		conn->hosted->port = l->local.port;
		conn->hosted->named = !ep_is_any(&l->local);
		hosted_apply(conn);
	}
	*out = conn;
	return 0;
}

/* Those of the VM first: they are few, and the host keeps its own. */
static int accept_either(struct sock *l, struct sock **out, bool nonblock)
{
	u64 deadline = sock_deadline(l->rcvtimeo);
	int err;

	for (;;) {
		err = inside(l)->accept(l, out, true);
		if (err == -EAGAIN)
			err = accept_outside(l, out);
		if (err != -EAGAIN)
			return err;
		err = sock_sleep(&l->q, deadline, nonblock);
		if (err)
			return err;
		if (!l->hosted)		/* shutdown() came meanwhile */
			return -EINVAL;
	}
}

static u32 poll_both(struct sock *l, struct waitq **q)
{
	u32 mask = hostfd_poll(&l->hosted->fd, q) & (POLLIN | POLLRDNORM);

	return mask | inside(l)->poll(l, q);
}

/* What ends the listener in the VM ends it outside: nobody takes what comes there. */
static int perhaps_ended(struct sock *l, int res)
{
	if (l->state != SS_LISTEN) {
		l->ops = inside(l);
		hosted_detach(l);
	}
	return res;
}

static int end_both(struct sock *l, u32 how)
{
	return perhaps_ended(l, inside(l)->shutdown(l, how));
}

static int connect_inside(struct sock *l, const struct addr *a, bool nonblock)
{
	return perhaps_ended(l, inside(l)->connect(l, a, nonblock));
}

static int listen_again(struct sock *l)
{
	return inside(l)->listen(l);
}

static int bind_inside(struct sock *l, const struct addr *a)
{
	return inside(l)->bind(l, a);
}

/* Bound to any address it is outside at the one that was granted. */
static int name_outside(struct sock *l, bool peer, struct addr *a)
{
	struct ep e;

	if (peer || l->family == AF_UNIX || !ep_is_any(&l->local))
		return inside(l)->name(l, peer, a);
	hosted_to_ep(&l->hosted->grant->addr, &e);
	e.port = l->local.port;
	ep_to_addr(&e, a, l->family);
	return 0;
}

static long send_nothing(struct sock *l, struct message *m)
{
	return inside(l)->send(l, m);
}

static long recv_nothing(struct sock *l, struct message *m)
{
	return inside(l)->recv(l, m);
}

static long ioctl_inside(struct sock *l, u32 cmd, u64 arg)
{
	return inside(l)->ioctl(l, cmd, arg);
}

static void release_both(struct sock *l)
{
	const struct sock_ops *ops = inside(l);

	hosted_detach(l);
	ops->release(l);
}

static const struct sock_ops hostlisten_ops = {
	.bind = bind_inside, .listen = listen_again, .connect = connect_inside,
	.accept = accept_either, .unaccept = backlog_unaccept, .name = name_outside,
	.shutdown = end_both, .send = send_nothing, .recv = recv_nothing, .poll = poll_both,
	.ioctl = ioctl_inside, .release = release_both,
};

int hostlisten_begin(struct sock *s)
{
	const struct mvm_net *g;
	int err;

	if (s->family == AF_UNIX)
		g = s->type == SOCK_STREAM ? hosted_unix_grant(s) : NULL;
	else
		g = hosted_grant(MVM_PROTO_TCP, s, &s->local);
	if (!g)
		return 0;
	err = hosted_attach(s, g->handle, g, true);
	if (err)
		return err;
	s->hosted->inside = s->ops;
	s->ops = &hostlisten_ops;
	return 0;
}
