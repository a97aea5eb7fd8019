/* SPDX-License-Identifier: MIT */
/*
 * The sockets of --listen: bound and listening before anything is given up, at the address of the
 * command line and nowhere else.  What may be done with them later is the service's.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "grant_net.h"
#include "msg.h"
#include "net_addr.h"
#include "net_value.h"

#define RIGHTS	(MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT)

/* What to do about a bind() that failed. */
static const char *remedy(const struct plan_listen *l, int err)
{
	switch (err) {
	case EADDRINUSE:
		return l->proto == MVM_PROTO_UNIX ?
		       "end the program that listens there, or remove what stands there" :
		       "end the program that listens there, or choose another port";
	case EADDRNOTAVAIL:
		return "choose an address of this host (ip addr lists them), or 127.0.0.1";
	case EACCES:
	case EPERM:
		return l->proto == MVM_PROTO_UNIX ?
		       "choose a directory that you may write to" :
		       "ports below 1024 need a privilege: choose another, and for the guest its "
		       "own, as in tcp:127.0.0.1:8080:80";
	case ENOENT:
	case ENOTDIR:
		return "choose a directory that exists";
	default:
		return "choose another address";
	}
}

static int cannot(const struct plan_listen *l, int err)
{
	return fail(EXIT_MVM, "--listen %s: cannot listen there: %s; %s", l->text, strerror(err),
		    remedy(l, err));
}

/* A socket of an earlier run that nobody listens at any more is removed. */
static void remove_stale(const struct sockaddr_un *a)
{
	struct stat st;
	int fd;

	if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof(*a)) && errno == ECONNREFUSED)
		unlink(a->sun_path);
	if (fd >= 0)
		close(fd);
}

static int bind_unix(int fd, const struct plan_listen *l)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	memcpy(a.sun_path, l->path, strlen(l->path) + 1);	/* options_net.c has measured it */
	remove_stale(&a);
	return bind(fd, (const struct sockaddr *)&a, sizeof(a));
}

static int bind_inet(int fd, const struct plan_listen *l)
{
	struct sockaddr_storage a;
	socklen_t len = net_addr_out(l->ip, l->port, &a);
	int one = 1;

	/* :: is all of IPv6, and not all of IPv4 besides. */
	if (a.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		return -1;
	if (l->proto == MVM_PROTO_TCP &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -1;
	return bind(fd, (const struct sockaddr *)&a, len);
}

/* The socket, or -1 with errno. */
static int open_listener(const struct plan_listen *l)
{
	int type = l->proto == MVM_PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int family = l->proto == MVM_PROTO_UNIX ? AF_UNIX : net_is_v4(l->ip) ? AF_INET : AF_INET6;
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -1;
	if ((family == AF_UNIX ? bind_unix(fd, l) : bind_inet(fd, l)) ||
	    (type == SOCK_STREAM && listen(fd, SOMAXCONN))) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* Tells the guest, and with -v the user, where it is. */
static int describe(const struct plan_listen *l, int fd, int handle, struct grants *g)
{
	struct mvm_net *n = &g->net[g->nnet];
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	*n = (struct mvm_net){ .kind = MVM_NET_LISTEN, .handle = handle, .addr.proto = l->proto };
	g->net_paths[g->nnet++] = l->guest_path;
	if (l->proto == MVM_PROTO_UNIX)
		return 0;
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return cannot(l, errno);
	net_addr_in(&a, &n->addr);
	n->guest_port = l->guest_port ? l->guest_port : n->addr.port;
	n->flags = l->port ? 0 : MVM_NET_ANY_PORT;
	verbose("listening: %s, port %u, which is %u in the guest", l->text, n->addr.port,
		n->guest_port);
	return 0;
}

int net_listen(const struct plan_listen *l)
{
	int fd = open_listener(l);

	if (fd < 0)
		cannot(l, errno);
	return fd;
}

int grant_listener(const struct plan_listen *l, int fd, struct handles *t, struct grants *g)
{
	uint32_t kind = l->proto == MVM_PROTO_UDP ? MVM_KIND_DATAGRAM : MVM_KIND_LISTENER;
	int n;

	n = grant_enter(t, g, fd, kind, kind == MVM_KIND_LISTENER ? MVM_RIGHT_WAIT : RIGHTS,
			l->text);
	if (n < 0)
		return EXIT_MVM;
	t->h[n].nonblock = true;
	return describe(l, fd, n, g);
}

static int grant_listen(const struct plan_listen *l, struct handles *t, struct grants *g)
{
	int fd = l->fd ? l->fd : net_listen(l);

	return fd < 0 ? EXIT_MVM : grant_listener(l, fd, t, g);
}

static void tell_resolver(const struct plan_connect *c, struct grants *g)
{
	struct mvm_net *n = &g->net[g->nnet++];

	*n = (struct mvm_net){ .kind = MVM_NET_RESOLVER, .handle = -1, .addr.port = c->first,
			       .addr.proto = c->proto };
	memcpy(n->addr.ip, c->ip, sizeof(n->addr.ip));
}

int grant_net(const struct plan *plan, struct handles *t, struct grants *g)
{
	int status = 0;

	for (size_t i = 0; IS_ENABLED(CONFIG_LISTEN) && i < plan->nlistens && !status; i++)
		status = grant_listen(&plan->listens[i], t, g);
	for (size_t i = 0; IS_ENABLED(CONFIG_CONNECT) && i < plan->nconnects && !status; i++)
		if (plan->connects[i].resolver)
			tell_resolver(&plan->connects[i], g);
	return status;
}
