/* SPDX-License-Identifier: MIT */
/*
 * ACCEPT: connections at the addresses of --listen.
 *
 * Needs (system calls), on the descriptors of --listen:
 *	accept4(fd, *, *, SOCK_NONBLOCK|SOCK_CLOEXEC)
 */
#include <errno.h>
#include <sys/socket.h>

#include "gate.h"
#include "svc.h"

/* mvm serve accepts; the guest gets this one connection. */
static int64_t take_pending(struct service *s, const struct mvm_sqe *e)
{
	int fd = s->pending;
	int64_t n;

	if (fd < 0)
		return -EAGAIN;
	s->pending = -1;
	n = socket_add(s, fd, MVM_KIND_SOCKET);
	if (n < 0)
		return n;
	s->conn = (int32_t)n;
	inet_out(s, e, &s->pending_from, MVM_PROTO_TCP);
	return n;
}

int64_t svc_accept(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(a);
	struct handle *h;
	int64_t n;
	int fd, err;

	(void)out;
	h = socket_get(s, e->handle, 1U << MVM_KIND_LISTENER, &err);
	if (!h)
		return err;
	/* What could fail afterwards fails now, before a connection is taken. */
	if (!gate(s->ram, e->addr2, e->len2))
		return -EFAULT;
	if (handles_full(&s->handles))
		return -EMFILE;
	if (h->quiet)
		return take_pending(s, e);
	fd = accept4(h->fd, (struct sockaddr *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)		/* one that has gone already is none */
		return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
	n = socket_add(s, fd, MVM_KIND_SOCKET);
	if (n >= 0)
		inet_out(s, e, &a, MVM_PROTO_TCP);
	return n;
}
