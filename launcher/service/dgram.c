/* SPDX-License-Identifier: MIT */
/*
 * Datagrams: SEND and RECV, and RECV that peeks into a connection.
 *
 * A datagram goes to what a --connect grants and nowhere else; from a socket of --listen also to
 * those who have sent to it, the last PEERS of them.  A socket of --connect receives from what is
 * granted: what others send to its port is dropped, where the kernel does not do so because the
 * socket is connected.
 *
 * Needs (system calls), on sockets: sendmsg(fd, *, MSG_DONTWAIT|MSG_NOSIGNAL)
 *	recvmsg(fd, *, MSG_DONTWAIT with or without MSG_PEEK, MSG_TRUNC)
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "gate.h"
#include "grants.h"
#include "net/addr.h"
#include "svc.h"

#define PEERS		256		/* of each socket of --listen */
#define DROPS_MAX	16		/* unwanted datagrams taken away in one request */

/* Who has sent lately, by socket: a grant's handle is below GRANTS_MAX. */
static struct mvm_inet peers[GRANTS_MAX][PEERS];
static uint8_t next_peer[GRANTS_MAX];

_Static_assert(PEERS == 1 << (8 * sizeof(next_peer[0])), "next_peer wraps");

static bool same(const struct mvm_inet *a, const struct mvm_inet *b)
{
	return a->port == b->port && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

static bool is_peer(int32_t n, const struct mvm_inet *in)
{
	for (unsigned int i = 0; i < PEERS; i++)
		if (same(&peers[n][i], in))
			return true;
	return false;
}

static void note_peer(int32_t n, const struct mvm_inet *in)
{
	if (!is_peer(n, in))
		peers[n][next_peer[n]++] = *in;
}

/* Where a datagram is to go, when it says so.  0 or -errno. */
static int take_destination(struct service *s, const struct mvm_sqe *e, const struct handle *h,
			    struct mvm_inet *in)
{
	if (e->len2 != sizeof(*in))
		return -EINVAL;
	if (gate_copy_in(s->ram, in, e->addr2, sizeof(*in)))
		return -EFAULT;
	if (in->pad || in->proto != MVM_PROTO_UDP || !in->port)
		return -EINVAL;
	return net_granted(s, in) || (h->grant && is_peer(e->handle, in)) ? 0 : -EACCES;
}

int64_t svc_send(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct sockaddr_storage a;
	struct msghdr m = { .msg_name = NULL };
	struct gate_iov io;
	struct mvm_inet in;
	struct handle *h;
	int64_t r;
	int err;

	(void)out;
	h = socket_get(s, e->handle, 1U << MVM_KIND_DATAGRAM, &err);
	if (!h)
		return err;
	if (e->arg)
		return -EINVAL;
	if (e->len2) {
		err = take_destination(s, e, h, &in);
		if (err)
			return err;
		m.msg_namelen = net_addr_out(in.ip, in.port, &a);
		m.msg_name = &a;
	}
	err = gate_iov(s->ram, e, &io);
	if (err)
		return err;
	m.msg_iov = io.v;
	m.msg_iovlen = io.n;
	r = result(sendmsg(h->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL));
	return r == -EINTR ? -EAGAIN : r;
}

/* One recvmsg(2). */
static int64_t receive(int fd, struct gate_iov *io, int flags, struct sockaddr_storage *a)
{
	struct msghdr m = { .msg_name = a, .msg_namelen = sizeof(*a),
			    .msg_iov = io->v, .msg_iovlen = io->n };
	int64_t r;

	a->ss_family = AF_UNSPEC;
	r = result(recvmsg(fd, &m, flags | MSG_DONTWAIT));
	return r == -EINTR ? -EAGAIN : r;
}

/* May a datagram from there be seen? */
static bool wanted(struct service *s, const struct sockaddr_storage *a)
{
	struct mvm_inet in = { .proto = MVM_PROTO_UDP };

	net_addr_in(a, &in);
	return net_granted(s, &in);
}

/* The guest may look at its buffers at any time: what is not for it does not come there first. */
static int64_t drop_unwanted(struct service *s, int fd)
{
	struct gate_iov none = { .n = 0 };
	struct sockaddr_storage a;

	for (int i = 0; i < DROPS_MAX; i++) {
		int64_t r = receive(fd, &none, MSG_PEEK, &a);

		if (r < 0 || wanted(s, &a))
			return r;
		receive(fd, &none, 0, &a);
	}
	return -EAGAIN;
}

static int64_t receive_datagram(struct service *s, const struct mvm_sqe *e, struct handle *h,
				struct gate_iov *io, struct sockaddr_storage *a)
{
	struct mvm_inet in = { .proto = MVM_PROTO_UDP };
	int64_t r = h->from_any ? drop_unwanted(s, h->fd) : 0;

	if (r < 0)
		return r;
	r = receive(h->fd, io, MSG_TRUNC | (e->arg ? MSG_PEEK : 0), a);
	if (r >= 0 && h->grant) {
		net_addr_in(a, &in);
		note_peer(e->handle, &in);
	}
	return r;
}

int64_t svc_recv(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct sockaddr_storage a;
	struct gate_iov io;
	struct handle *h;
	int64_t r;
	int err;

	h = socket_get(s, e->handle, 1U << MVM_KIND_DATAGRAM | 1U << MVM_KIND_SOCKET, &err);
	if (!h)
		return err;
	if (e->arg & ~(uint64_t)MVM_RECV_PEEK)
		return -EINVAL;
	err = gate_iov(s->ram, e, &io);
	if (err)
		return err;
	if (!gate(s->ram, e->addr2, e->len2))
		return -EFAULT;
	if (h->kind == MVM_KIND_SOCKET)
		return receive(h->fd, &io, e->arg ? MSG_PEEK : 0, &a);
	r = receive_datagram(s, e, h, &io, &a);
	if (r < 0)
		return r;
	inet_out(s, e, &a, MVM_PROTO_UDP);
	out[0] = (uint64_t)r;
	return r < (int64_t)io.total ? r : (int64_t)io.total;
}
