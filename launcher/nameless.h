/* SPDX-License-Identifier: MIT */
/*
 * Files that get their name when they are complete (open(2), O_TMPFILE): however the process ends
 * before, by SIGKILL too, there is nothing of them.
 */
#ifndef MVM_NAMELESS_H
#define MVM_NAMELESS_H

#include <limits.h>
#include <sys/types.h>

/*
 * A new file in the directory of path, to be read and written, without a name.  Where the file
 * system has no such files it has one, *temporary, which the caller removes if it does not come to
 * nameless_name(); else *temporary is empty.  The descriptor, or -1 with errno.
 */
int nameless_open(const char *path, mode_t mode, char temporary[PATH_MAX]);
/* It is path now, in one step, whatever that was before.  0, or -1 with errno: it is nothing. */
int nameless_name(int fd, const char *path, char temporary[PATH_MAX]);

#endif
