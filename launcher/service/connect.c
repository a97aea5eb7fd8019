/* SPDX-License-Identifier: MIT */
/*
 * CONNECT: new sockets, to the addresses of --connect.
 *
 * Where a guest may connect to is decided here, on the private copy of the address: the system
 * call filter cannot see what connect(2)'s pointer points to.
 *
 * Needs (system calls), with --connect: connect, and socket(AF_INET|AF_INET6,
 *	SOCK_STREAM|SOCK_DGRAM, both with SOCK_NONBLOCK and SOCK_CLOEXEC, 0); with --connect unix:
 *	fchdir(its directory), connect(*, its address of net/unixto.c, *), and socket(AF_UNIX, ...)
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "net/addr.h"
#include "net/unixto.h"
#include "svc.h"

/* socket(2) and connect(2); a descriptor or -errno.  in->port 0: not connected (UDP). */
static int open_socket(const struct mvm_inet *in, bool *pending)
{
	struct sockaddr_storage a;
	socklen_t len = net_addr_out(in->ip, in->port, &a);
	int type = in->proto == MVM_PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(a.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (!in->port || !connect(fd, (struct sockaddr *)&a, len))
		return fd;
	err = errno;
	*pending = err == EINPROGRESS || err == EINTR;
	if (*pending)
		return fd;
	close(fd);
	return -err;
}

/* The address of a CONNECT, checked.  0 or -errno. */
static int take_address(const struct service *s, const struct mvm_sqe *e, struct mvm_inet *in)
{
	if (e->len != sizeof(*in))
		return -EINVAL;
	if (gate_copy_in(s->ram, in, e->addr, sizeof(*in)))
		return -EFAULT;
	if (in->pad || (in->proto != MVM_PROTO_TCP && in->proto != MVM_PROTO_UDP))
		return -EINVAL;
	if (!in->port)
		return in->proto == MVM_PROTO_UDP && s->nconnects ? 0 : -EACCES;
	return net_granted(s, in) ? 0 : -EACCES;
}

/* To a socket of the host's file system, from the directory that it is in. */
static int64_t connect_unix(struct service *s, const struct handle *h)
{
	socklen_t len;
	const struct sockaddr *a = unix_to(h, &len);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!fchdir(h->fd) && !connect(fd, a, len))
		return socket_add(s, fd, MVM_KIND_SOCKET);
	err = errno;
	close(fd);
	return -err;
}

int64_t svc_connect(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct mvm_inet in;
	bool pending = false;
	struct handle *h = e->len ? NULL : handle_get(&s->handles, e->handle);
	int64_t n;
	int fd, err = h && h->kind == MVM_KIND_UNIX ? 0 : take_address(s, e, &in);

	if (err)
		return err;
	if (handles_full(&s->handles))
		return -EMFILE;
	if (!e->len)
		return connect_unix(s, h);
	fd = open_socket(&in, &pending);
	if (fd < 0)
		return fd;
	n = socket_add(s, fd, in.proto == MVM_PROTO_UDP ? MVM_KIND_DATAGRAM : MVM_KIND_SOCKET);
	s->handles.h[n].from_any = !in.port;
	out[0] = pending;
	return n;
}
