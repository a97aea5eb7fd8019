/* SPDX-License-Identifier: MIT */
/*
 * What sockets of --listen and --connect have in common, and SHUTDOWN and GETNAME.  Their bytes are
 * moved by READ and WRITE of io.c; every socket has O_NONBLOCK, which is this process's own
 * affair.
 *
 * Needs (system calls), on sockets: shutdown getsockname getpeername close
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "net/addr.h"
#include "net/netvalue.h"
#include "svc.h"

#define RIGHTS	(MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT)

struct handle *socket_get(struct service *s, int32_t n, unsigned int kinds, int *err)
{
	struct handle *h = handle_get(&s->handles, n);

	if (!h)
		*err = -EBADF;
	else if (!(kinds >> h->kind & 1))
		*err = -ENOTSOCK;
	else
		return h;
	return NULL;
}

int inet_out(const struct service *s, const struct mvm_sqe *e, const struct sockaddr_storage *a,
	     uint16_t proto)
{
	struct mvm_inet in = { .proto = proto };

	net_addr_in(a, &in);
	return gate_copy_out(s->ram, e->addr2, e->len2, &in, sizeof(in));
}

static bool is_unspecified(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	return !memcmp(ip, zero, 16) || (net_is_v4(ip) && !memcmp(ip + 12, zero, 4));
}

bool net_granted(const struct service *s, const struct mvm_inet *in)
{
	/* 0.0.0.0 and :: would lead to this host, whatever the grant's prefix says. */
	if (is_unspecified(in->ip))
		return false;
	for (size_t i = 0; i < s->nconnects; i++)
		if (net_covers(&s->connects[i], in->proto, in->ip, in->port))
			return true;
	return false;
}

int64_t socket_add(struct service *s, int fd, uint32_t kind)
{
	int32_t n = handle_add(&s->handles, fd, kind, RIGHTS);

	if (n < 0)
		close(fd);
	else
		s->handles.h[n].nonblock = true;
	return n;
}

int64_t svc_shutdown(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h;
	int err;

	(void)out;
	h = socket_get(s, e->handle, 1U << MVM_KIND_SOCKET, &err);
	if (!h)
		return err;
	if (e->arg > 2)
		return -EINVAL;
	return result(shutdown(h->fd, (int)e->arg));
}

int64_t svc_getname(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	struct handle *h;
	int err;

	(void)out;
	h = socket_get(s, e->handle, SOCKET_KINDS, &err);
	if (!h)
		return err;
	if (e->arg > 1)
		return -EINVAL;
	if (e->arg ? getpeername(h->fd, (struct sockaddr *)&a, &len) :
		     getsockname(h->fd, (struct sockaddr *)&a, &len))
		return -errno;
	return inet_out(s, e, &a, h->kind == MVM_KIND_DATAGRAM ? MVM_PROTO_UDP : MVM_PROTO_TCP);
}
