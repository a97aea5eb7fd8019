/* SPDX-License-Identifier: MIT */
/* See nameless.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>
#include "nameless.h"

/* DIR/.NAME.PID */
static int name_temporary(const char *path, char temporary[PATH_MAX])
{
	char copy[PATH_MAX], other[PATH_MAX];
	int n;

	if (snprintf(copy, PATH_MAX, "%s", path) < PATH_MAX &&
	    snprintf(other, PATH_MAX, "%s", path) < PATH_MAX) {
		n = snprintf(temporary, PATH_MAX, "%s/.%s.%d", dirname(copy), basename(other),
			     (int)getpid());
		if (n > 0 && n < PATH_MAX)
			return 0;
	}
	*temporary = '\0';
	errno = ENAMETOOLONG;
	return -1;
}

int nameless_open(const char *path, mode_t mode, char temporary[PATH_MAX])
{
	char copy[PATH_MAX];
	int fd;

	if (name_temporary(path, temporary))
		return -1;
	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0)
			return fd;
	}
	*temporary = '\0';
	return fd;
}

int nameless_name(int fd, const char *path, char temporary[PATH_MAX])
{
	char self[40];
	int err;

	if (!*temporary) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		if (name_temporary(path, temporary))
			return -1;
		if (linkat(AT_FDCWD, self, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW)) {
			*temporary = '\0';
			return -1;
		}
	}
	if (!rename(temporary, path)) {
		*temporary = '\0';
		return 0;
	}
	err = errno;
	unlink(temporary);
	*temporary = '\0';
	errno = err;
	return -1;
}
