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
#include "net/inherited.h"
#include "msg.h"
#include "sockets.h"
#include "value.h"

#define FIRST_PASSED	3		/* SD_LISTEN_FDS_START */

/* One of LISTEN_FDS. */
static int adopt(struct sockets *s, int fd)
{
	static char texts[SERVE_LISTENERS_MAX][32];
	struct plan_listen *l = &s->at[s->n];
	int status;

	snprintf(texts[s->n], sizeof(texts[0]), "(socket %u that was passed)", s->n + 1);
	*l = (struct plan_listen){ .text = texts[s->n] };
	status = listener_adopt(fd, CONFINE_FD_LISTEN + (int)s->n, "LISTEN_FDS", l);
	s->n += !status;
	return status;
}

/* Those of --listen fd:N behind them. */
static int adopt_named(struct sockets *s, const struct plan *plan)
{
	unsigned int n = s->n;
	int status = listeners_adopt(plan, &n);

	for (size_t i = 0; i < plan->nlistens && !status; i++)
		if (plan->listens[i].fd)
			s->at[plan->listens[i].fd - CONFINE_FD_LISTEN] = plan->listens[i];
	s->n = n;
	return status;
}

static int adopt_passed(struct sockets *s)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t who, n;
	int status = 0;

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

int sockets_adopt(struct sockets *s, const struct plan *plan)
{
	int status;

	fd_close_range(SERVE_FD_LOG, SERVE_FD_LAST);
	status = adopt_passed(s);
	return status ? status : adopt_named(s, plan);
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

		if (plan->listens[i].fd)
			continue;
		if (s->n == SERVE_LISTENERS_MAX)
			return fail(EXIT_MVM, "--listen %s: with the sockets that were passed "
				    "there are more than %d", plan->listens[i].text,
				    SERVE_LISTENERS_MAX);
		fd = net_listen(&plan->listens[i], "listen");
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
