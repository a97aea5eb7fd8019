/* SPDX-License-Identifier: MIT */
/*
 * UDP with a side outside of the VM: a socket bound where a --listen is granted, and one that sends
 * to what a --connect grants, for which the host makes a socket when the first datagram goes out.
 */
#include "fs/host.h"
#include "net/hosted.h"

int hostudp_bind(struct sock *s)
{
	const struct mvm_net *g = hosted_grant(MVM_PROTO_UDP, s, &s->local);

	return g ? hosted_attach(s, g->handle, g, true) : 0;
}

/* A socket of the host; dest without a port: not connected. */
static int attach_new(struct sock *s, const struct ep *dest)
{
	bool pending;
	long handle = hosted_may_connect() ? hosted_open(MVM_PROTO_UDP, dest, &pending) : -EACCES;

	if (handle < 0)
		return (int)handle;
	if (hosted_attach(s, (s32)handle, NULL, true)) {
		hosted_close((s32)handle);
		return -ENOMEM;
	}
	s->hosted->connected = dest->port;
	return 0;
}

int hostudp_connect(struct sock *s, const struct ep *dest)
{
	if (s->hosted && s->hosted->grant)
		return 0;
	hosted_detach(s);
	return attach_new(s, dest);
}

static int unconnected(struct sock *s, const struct ep *dest)
{
	struct ep any;

	ep_set_any(&any, ep_is_v4(dest) ? AF_INET : AF_INET6);
	any.port = 0;
	return attach_new(s, &any);
}

long hostudp_send(struct sock *s, struct message *m, const struct ep *dest)
{
	struct mvm_inet in = { .port = dest->port, .proto = MVM_PROTO_UDP };
	u64 deadline = sock_deadline(s->sndtimeo), covered;
	struct mvm_iov iov[MVM_IOV_MAX];
	struct mvm_sqe e;
	long res = s->hosted ? 0 : unconnected(s, dest);

	if (res)
		return res;
	memcpy(in.ip, dest->ip, sizeof(in.ip));
	for (;;) {
		e = (struct mvm_sqe){ .op = MVM_OP_SEND, .handle = s->hosted->fd.handle };
		if (!s->hosted->connected || !ep_equal(dest, &s->remote)) {
			e.addr2.v = va_to_gpa(&in);
			e.len2 = sizeof(in);
		}
		res = host_buffers(&e, &m->io, false, iov, &covered);
		if (res < 0)
			return res;
		if (covered < m->io.left)	/* in more pieces than one request takes */
			return -EMSGSIZE;
		res = hyper(&e, NULL);
		hostfd_used(&s->hosted->fd, POLLOUT);
		if (res != -EAGAIN)
			return res;
		res = hosted_wait(s, POLLOUT, deadline, m->flags & MSG_DONTWAIT);
		if (!res && !s->hosted)
			res = unconnected(s, dest);
		if (res)
			return res;
	}
}

/* One datagram from outside, into *m. */
static long receive(struct sock *s, struct message *m)
{
	struct mvm_inet in = { .proto = MVM_PROTO_UDP };
	struct mvm_sqe e = { .op = MVM_OP_RECV, .handle = s->hosted->fd.handle,
			     .arg = m->flags & MSG_PEEK ? MVM_RECV_PEEK : 0,
			     .addr2.v = va_to_gpa(&in), .len2 = sizeof(in) };
	struct mvm_iov iov[MVM_IOV_MAX];
	u64 covered, out[2] = { 0, 0 };
	struct ep from;
	long res = host_buffers(&e, &m->io, true, iov, &covered);

	if (res < 0)
		return res;
	res = hyper(&e, out);
	hostfd_used(&s->hosted->fd, POLLIN);
	if (res == -EAGAIN)
		hostfd_again(&s->hosted->fd, POLLIN);
	if (res < 0)
		return res;
	hosted_to_ep(&in, &from);
	/* The host's socket may not be connected where this one is. */
	if (s->state == SS_CONNECTED && !s->hosted->connected && !ep_equal(&from, &s->remote))
		return -EAGAIN;
	ep_to_addr(&from, &m->addr, s->family);
	m->to = s->local;
	if (s->hosted->grant)
		hosted_to_ep(&s->hosted->grant->addr, &m->to);
	m->has_to = true;
	m->ttl = 64;			/* the host does not say */
	if (out[0] > (u64)res)
		m->out_flags |= MSG_TRUNC;
	return m->flags & MSG_TRUNC ? (long)out[0] : res;
}

long hostudp_recv(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->rcvtimeo);
	u32 flags = m->flags;
	long res;

	for (;;) {
		m->flags = flags | MSG_DONTWAIT;
		res = dgram_recv(s, m);
		if (res == -EAGAIN && s->hosted)
			res = receive(s, m);
		m->flags = flags;
		if (res != -EAGAIN)
			return res;
		if (s->shut & SHUT_RCV && !(flags & MSG_DONTWAIT))
			return 0;
		res = sock_sleep(&s->q, deadline, flags & MSG_DONTWAIT);
		if (res)
			return res;
	}
}

u32 hostudp_poll(struct sock *s)
{
	struct waitq *q;

	return hostfd_poll(&s->hosted->fd, &q) & (POLLIN | POLLRDNORM | POLLERR);
}

int hostudp_error(struct sock *s)
{
	long err;

	if (s->err || !s->hosted)
		return sock_error(s);
	err = hosted_getopt(s, MVM_SO_ERROR);
	return (int)(err < 0 ? err : -err);
}
