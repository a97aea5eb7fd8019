/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets.  Owns their descriptors, which have fixed numbers: the filter of the workers
 * names them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine/confine.h"
#include "descriptor.h"
#include "net/grant.h"
#include "msg.h"
#include "net/addr.h"
#include "sockets.h"
#include "value.h"

#define FIRST_PASSED	3		/* SD_LISTEN_FDS_START */

static int option(int fd, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) ? -1 : v;
}

/* The address that a passed socket has, as if it had been typed. */
static void describe(int fd, struct plan_listen *l)
{
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	static char texts[SERVE_LISTENERS_MAX][32];
	static unsigned int n;
	socklen_t len = sizeof(a);
	struct mvm_inet in = { .port = 0 };

	getsockname(fd, (struct sockaddr *)&a, &len);
	net_addr_in(&a, &in);
	snprintf(texts[n], sizeof(texts[n]), "(socket %u that was passed)", n + 1);
	*l = (struct plan_listen){
		.text = texts[n], .port = in.port, .guest_path = "/run/listen",
		.proto = a.ss_family == AF_UNIX ? MVM_PROTO_UNIX : MVM_PROTO_TCP,
	};
	memcpy(l->ip, in.ip, sizeof(l->ip));
	n++;
}

static int adopt(struct sockets *s, int fd)
{
	int to = CONFINE_FD_LISTEN + (int)s->n;

	if (option(fd, SO_TYPE) != SOCK_STREAM || option(fd, SO_ACCEPTCONN) != 1)
		return fail(EXIT_MVM, "LISTEN_FDS: descriptor %d is no listening stream socket; "
			    "pass what a unit's ListenStream= makes, with Accept=no", fd);
	if (dup3(fd, to, O_CLOEXEC) < 0 || fcntl(to, F_SETFL, O_NONBLOCK))
		return fail(EXIT_MVM, "LISTEN_FDS: descriptor %d cannot be taken: %s", fd,
			    strerror(errno));
	describe(to, &s->at[s->n++]);
	return 0;
}

int sockets_adopt(struct sockets *s)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t who, n;
	int status = 0;

	fd_close_range(SERVE_FD_LOG, SERVE_FD_LAST);
	/* Meant for another process: its parent's, perhaps. */
	if (!pid || !fds || value_number(pid, &who) || who != (uint64_t)getpid())
		return 0;
	if (value_number(fds, &n) || n > SERVE_LISTENERS_MAX)
		return fail(EXIT_MVM, "LISTEN_FDS=%s: is no number up to %d; a service manager "
			    "sets it", fds, SERVE_LISTENERS_MAX);
	for (int fd = FIRST_PASSED; fd < FIRST_PASSED + (int)n && !status; fd++)
		status = adopt(s, fd);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return status;
}

void sockets_close_others(const struct sockets *s)
{
	fd_close_range(3, CONFINE_FD_LISTEN - 1);
	fd_close_range(CONFINE_FD_LISTEN + s->n, SERVE_FD_LOG - 1);
	fd_close_range(SERVE_FD_LAST + 1, UINT_MAX);
}

int sockets_open(struct sockets *s, const struct plan *plan)
{
	for (size_t i = 0; i < plan->nlistens; i++) {
		int fd;

		if (s->n == SERVE_LISTENERS_MAX)
			return fail(EXIT_MVM, "--listen %s: with the sockets that were passed "
				    "there are more than %d", plan->listens[i].text,
				    SERVE_LISTENERS_MAX);
		fd = net_listen(&plan->listens[i]);
		if (fd < 0)
			return EXIT_MVM;
		fd = fd_move(fd, CONFINE_FD_LISTEN + (int)s->n);
		if (fd < 0)
			return fail(EXIT_MVM, "--listen %s: %s; raise the limit of open files "
				    "(ulimit -n)", plan->listens[i].text, strerror(errno));
		s->at[s->n++] = plan->listens[i];
	}
	return 0;
}

unsigned int sockets_waiting(const struct sockets *s)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < s->n; i++) {
		struct tcp_info info = { .tcpi_unacked = 0 };
		socklen_t len = sizeof(info);

		/* Of a listening socket: the length of its queue (net/ipv4/tcp.c). */
		if (s->at[i].proto == MVM_PROTO_TCP &&
		    !getsockopt(CONFINE_FD_LISTEN + (int)i, IPPROTO_TCP, TCP_INFO, &info, &len))
			sum += info.tcpi_unacked;
	}
	return sum;
}
