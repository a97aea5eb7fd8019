/* SPDX-License-Identifier: MIT */
/* The files that mvm itself writes.  See output.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine/confine.h"
#include "msg.h"
#include "output.h"
#include "value.h"

#define FD_MAX		1023

const char *output_check(const char *spec)
{
	uint64_t n;

	if (!*spec)
		return "names no file";
	if (!strncmp(spec, "fd:", 3) && (value_number(spec + 3, &n) || n > FD_MAX))
		return "is not the number of a descriptor";
	return NULL;
}

/* One that is open for writing already. */
static int take(const char *option, const char *spec)
{
	uint64_t n;
	int fd, flags;

	value_number(spec + 3, &n);
	fd = (int)n;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		fail(0, "--%s %s: descriptor %d is not open; open it, as in --%s %s %d>FILE",
		     option, spec, fd, option, spec, fd);
	else if ((flags & O_ACCMODE) == O_RDONLY)
		fail(0, "--%s %s: descriptor %d is open for reading only; open it for writing, "
		     "as in --%s %s %d>FILE", option, spec, fd, option, spec, fd);
	else
		return fd;
	return -1;
}

int output_open(const char *option, const char *spec)
{
	int fd;

	if (!strncmp(spec, "fd:", 3))
		return take(option, spec);
	fd = open(spec, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		fail(0, "--%s %s: cannot write it: %s; name a file that can be written", option,
		     spec, strerror(errno));
	return fd;
}

const char *output_replace_check(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && !S_ISREG(st.st_mode) ?
	       "is there, and is not a regular file; name another one" : NULL;
}

int output_gather(int *fd[], size_t n)
{
	int next = STDERR_FILENO + 1;

	/* Out of each other's way first: above, where nothing of this process lies yet. */
	for (size_t i = 0; i < n; i++)
		if (*fd[i] > STDERR_FILENO)
			*fd[i] = fcntl(*fd[i], F_DUPFD_CLOEXEC, CONFINE_FD_VM / 2);
	for (size_t i = 0; i < n; i++)
		if (*fd[i] > STDERR_FILENO) {
			dup3(*fd[i], next, O_CLOEXEC);
			*fd[i] = next++;
		}
	return next;
}

bool output_write(int fd, const void *bytes, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EAGAIN)
			ppoll(&p, 1, NULL, NULL);
		else if (n < 0 && errno != EINTR)
			return false;
		else if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return true;
}
