/* SPDX-License-Identifier: MIT */
/*
 * What a worker of mvm serve may besides what its grants need: accept connections, speak with its
 * supervisor, and tell how much memory it has.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "confine/confine_int.h"

static const char why[] = "mvm serve";

static void allow_on(struct confinement *c, int nr, int fd, const char *shown)
{
	arg_is(allow(c, nr, why, NULL), 0, (uint64_t)fd, shown);
}

void confine_serve(struct confinement *c)
{
	struct rule *r;

	for (int i = 0; i < SERVE_LISTENERS_MAX; i++) {
		if (fcntl(CONFINE_FD_LISTEN + i, F_GETFD) < 0)
			continue;
		r = allow(c, SYS_accept4, why, NULL);
		arg_is(r, 0, (uint64_t)(CONFINE_FD_LISTEN + i), NULL);
		arg_is(r, 3, SOCK_NONBLOCK | SOCK_CLOEXEC, "SOCK_NONBLOCK|SOCK_CLOEXEC");
	}
	allow_on(c, SYS_dup, 0, "the connection");
	allow_on(c, SYS_close, 0, "the connection");
	allow_on(c, SYS_close, 1, "the connection");
	allow_on(c, SYS_epoll_pwait, CONFINE_FD_ACCEPTS, "connections");
	allow_on(c, SYS_read, CONFINE_FD_CONTROL, "the supervisor");
	allow_on(c, SYS_write, CONFINE_FD_CONTROL, "the supervisor");
	allow_on(c, SYS_pread64, CONFINE_FD_SMAPS, "smaps_rollup");
}
