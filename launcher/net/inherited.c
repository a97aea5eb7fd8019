/* SPDX-License-Identifier: MIT */
/* Listening sockets that whoever starts mvm has opened.  See inherited.h. */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "confine/confine.h"
#include "addr.h"
#include "msg.h"

#define UNNAMED		"/run/listen"

static int option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, level, name, &v, &len) ? -1 : v;
}

/* Where in the guest: what the option says, or else where it is on the host. */
static int describe_unix(const struct sockaddr_un *a, socklen_t len, struct plan_listen *l)
{
	static char paths[SERVE_LISTENERS_MAX][sizeof(a->sun_path) + 1];
	static unsigned int n;
	size_t room = len > offsetof(struct sockaddr_un, sun_path) ?
		      len - offsetof(struct sockaddr_un, sun_path) : 0;

	l->proto = MVM_PROTO_UNIX;
	if (l->guest_port)
		return -EINVAL;
	if (l->guest_path)
		return 0;
	l->guest_path = UNNAMED;
	if (room && a->sun_path[0] == '/' && n < SERVE_LISTENERS_MAX) {
		memcpy(paths[n], a->sun_path, room);	/* perhaps without its NUL */
		l->guest_path = paths[n++];
	}
	return 0;
}

/* The address that it has, as if it had been typed.  -EINVAL: that is no place of this kind. */
static int describe(int fd, struct plan_listen *l)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_un un;
	} a = { .any.ss_family = AF_UNSPEC };
	socklen_t len = sizeof(a);
	struct mvm_inet in;

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return -errno;
	if (a.any.ss_family == AF_UNIX)
		return describe_unix(&a.un, len, l);
	if (a.any.ss_family != AF_INET && a.any.ss_family != AF_INET6)
		return -EAFNOSUPPORT;
	net_addr_in(&a.any, &in);
	l->proto = MVM_PROTO_TCP;
	l->port = in.port;
	memcpy(l->ip, in.ip, sizeof(l->ip));
	l->dual = a.any.ss_family == AF_INET6 && !option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return l->guest_path ? -EINVAL : 0;
}

int listener_adopt(int fd, int to, const char *option_name, struct plan_listen *l)
{
	int err;

	if (option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
	    option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
		return fail(EXIT_MVM, "%s: descriptor %d is no listening stream socket; pass what "
			    "a unit's ListenStream= makes, with Accept=no", option_name, fd);
	if (dup3(fd, to, O_CLOEXEC) < 0 || fcntl(to, F_SETFL, O_NONBLOCK))
		return fail(EXIT_MVM, "%s: descriptor %d cannot be taken: %s; raise the limit of "
			    "open files (ulimit -n)", option_name, fd, strerror(errno));
	err = describe(to, l);
	if (err == -EINVAL)
		return fail(EXIT_MVM, "%s: descriptor %d is a socket of %s; give it a %s in the "
			    "guest, or none", option_name, fd,
			    l->proto == MVM_PROTO_UNIX ? "the file system" : "TCP",
			    l->proto == MVM_PROTO_UNIX ? "path" : "port");
	if (err)
		return fail(EXIT_MVM, "%s: descriptor %d cannot be used: %s; pass one of TCP or in "
			    "the file system", option_name, fd, strerror(-err));
	l->fd = to;
	return 0;
}

int listeners_adopt(const struct plan *plan, unsigned int *n)
{
	char name[32];
	int status = 0;

	for (size_t i = 0; i < plan->nlistens && !status; i++) {
		struct plan_listen *l = &plan->listens[i];

		if (!l->inherited || l->fd)
			continue;
		snprintf(name, sizeof(name), "--listen %.20s", l->text);
		if (*n == SERVE_LISTENERS_MAX)
			return fail(EXIT_MVM, "%s: more than %d sockets are passed; let mvm open "
				    "some by itself, as in --listen tcp:127.0.0.1:8080", name,
				    SERVE_LISTENERS_MAX);
		status = listener_adopt(l->inherited, CONFINE_FD_LISTEN + (int)*n, name, l);
		*n += !status;
	}
	return status;
}
