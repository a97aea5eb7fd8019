/* SPDX-License-Identifier: MIT */
/* Sockets that listen where an option says, and nowhere else.  See listener.h. */
#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "msg.h"
#include "addr.h"
#include "netvalue.h"

/* What to do about a bind() that failed. */
static const char *remedy(const struct plan_listen *l, const char *option, int err)
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
		       strcmp(option, "listen") ?
		       "ports below 1024 need a privilege: choose another" :
		       "ports below 1024 need a privilege: choose another, and for the guest its "
		       "own, as in tcp:127.0.0.1:8080:80";
	case ENOENT:
	case ENOTDIR:
		return "choose a directory that exists";
	default:
		return "choose another address";
	}
}

int listener_failed(const struct plan_listen *l, const char *option, int err)
{
	return fail(EXIT_MVM, "--%s %s: cannot listen there: %s; %s", option, l->text,
		    strerror(err), remedy(l, option, err));
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

	memcpy(a.sun_path, l->path, strlen(l->path) + 1);	/* options/net.c has measured it */
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

int listener_open(const struct plan_listen *l)
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
