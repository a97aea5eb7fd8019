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
#include "same_file.h"
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

int output_open(const char *option, const char *spec, bool dry)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY, fd;

	if (!strncmp(spec, "fd:", 3))
		return take(option, spec);
	fd = open(spec, dry ? flags : flags | O_CREAT, 0666);
	if (fd < 0 && dry && errno == ENOENT)
		return open("/dev/null", flags);
	if (fd < 0)
		fail(0, "--%s %s: cannot write it: %s; name a file that can be written", option,
		     spec, strerror(errno));
	else if (output_claim(option, spec, fd))
		return -1;
	return fd;
}

/* A device has nothing to drop, and says so. */
void output_empty(const char *spec, int fd)
{
	if (fd >= 0 && strncmp(spec, "fd:", 3) && ftruncate(fd, 0))
		return;
}

int output_claim(const char *option, const char *path, int fd)
{
	static struct { const char *option; struct stat st; } all[8];
	static unsigned int n;
	const char *dashes = option ? "--" : "", *space = option ? " " : "";
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (!option)
		option = "";
	for (unsigned int i = 0; i < n; i++)
		if (same_file(&all[i].st, &st))
			return fail(EXIT_MVM, "%s%s%s%s: this file is also %s%s; give each a file "
				    "of its own", dashes, option, space, path,
				    *all[i].option ? "--" : "",
				    *all[i].option ? all[i].option : "the program");
	if (n < sizeof(all) / sizeof(all[0])) {
		all[n].option = option;
		all[n++].st = st;
	}
	return 0;
}

const char *output_replace_check(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		return S_ISREG(st.st_mode) ? NULL :
		       "is there, and is not a regular file; name another one";
	return errno == ENAMETOOLONG ? "is too long a name; choose a shorter one" : NULL;
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
