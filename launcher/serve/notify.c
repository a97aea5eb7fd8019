/* SPDX-License-Identifier: MIT */
/*
 * Readiness.  The protocol is one datagram to the socket that NOTIFY_SOCKET names; a name that
 * begins with '@' is an abstract one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "clock.h"
#include "confine/confine.h"
#include "msg.h"
#include "notify.h"
#include "sockets.h"

static int ready = -1;
static struct sockaddr_un to;
static socklen_t to_len;		/* 0: nobody wants to know */

int notify_init(int ready_fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	if (ready_fd) {
		ready = dup3(ready_fd, SERVE_FD_READY, O_CLOEXEC);
		if (ready < 0)
			return fail(EXIT_MVM, "--ready-fd %d: is not open; open it, as in "
				    "--ready-fd %d %d>ready", ready_fd, ready_fd, ready_fd);
	}
	if (!len || len >= sizeof(to.sun_path) || (*path != '/' && *path != '@'))
		return 0;
	to.sun_family = AF_UNIX;
	memcpy(to.sun_path, path, len + 1);
	if (*path == '@')
		to.sun_path[0] = '\0';
	to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void tell(const char *text)
{
	int fd;

	if (!to_len)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
			     to_len) < 0)
		warn("NOTIFY_SOCKET: cannot tell the service manager: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void notify_ready(void)
{
	ssize_t n;

	tell("READY=1\nSTATUS=serving\n");
	if (ready < 0)
		return;
	n = write(ready, "\n", 1);
	(void)n;			/* whoever wanted to know may have gone */
	close(ready);
	ready = -1;
}

void notify_reloading(void)
{
	char text[96];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading\n",
		 (unsigned long long)clock_ns(CLOCK_MONOTONIC) / 1000);
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1\nSTATUS=finishing what is being served\n");
}
