/* SPDX-License-Identifier: MIT */
/* See procfs.h. */
#include <unistd.h>
#include "msg.h"
#include "procfs.h"

bool procfs_there(void)
{
	return !access("/proc/self/fd", F_OK);
}

int procfs_needed(const char *what)
{
	return procfs_there() ? 0 :
	       fail(EXIT_MVM, "%s: needs /proc, which is not mounted here; mount it: " PROCFS_MOUNT,
		    what);
}
