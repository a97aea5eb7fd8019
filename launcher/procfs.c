/* SPDX-License-Identifier: MIT */
/* See procfs.h. */
#include <unistd.h>
#include "msg.h"
#include "procfs.h"

int procfs_needed(const char *what)
{
	return access("/proc/self/fd", F_OK) ?
	       fail(EXIT_MVM, "%s: needs /proc, which is not mounted here; mount it: mount -t proc "
		    "proc /proc", what) : 0;
}
