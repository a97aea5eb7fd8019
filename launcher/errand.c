/* SPDX-License-Identifier: MIT */
/* See errand.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "descriptor.h"
#include "errand.h"

#define OWN_MAX	128		/* mvm has none of its own behind it (confine.h) */

/* The end of mvm is the end of file here. */
static _Noreturn void wait_for_word(int end, int dir, const char *name, int fd, errand_fn *act)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	int result = 0;
	char word;
	bool told;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int i = 0; i < OWN_MAX; i++)
		if (i != end && i != dir && i != fd)
			close(i);
	told = read(end, &word, 1) == 1;
	result = act(dir, name, fd, told);
	_exit(told && write(end, &result, sizeof(result)) < 0);
}

static int start_in(int dir, int end, const char *name, int fd, errand_fn *act)
{
	int pair[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = fork();
	if (!pid) {
		if (fd_move(pair[1], end) < 0)
			_exit(1);
		wait_for_word(end, dir, name, fd, act);
	}
	err = pid < 0 ? errno : 0;
	close(pair[1]);
	if (fd_move(pair[0], end) < 0 && !err)
		err = errno;
	return -err;
}

int errand_start(int end, const char *path, int fd, errand_fn *act)
{
	char copy[PATH_MAX], other[PATH_MAX];
	int dir, err;

	if (snprintf(copy, sizeof(copy), "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(other, sizeof(other), "%s", path);
	dir = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	err = start_in(dir, end, basename(other), fd, act);
	close(dir);
	return err;
}

int errand_run(int end)
{
	int result = 0;
	ssize_t n;

	if (write(end, "", 1) != 1)
		return -errno;
	do
		n = read(end, &result, sizeof(result));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(result) ? -result : n < 0 ? -errno : -EPIPE;
}
