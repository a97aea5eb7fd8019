/* SPDX-License-Identifier: MIT */
/* What needs the host's /proc: in a chroot or a container it may not be there. */
#ifndef MVM_PROCFS_H
#define MVM_PROCFS_H

#include <stdbool.h>

#define PROCFS_MOUNT	"mount -t proc proc /proc"	/* what to do where it is missing */

/* Is /proc mounted? */
bool procfs_there(void);
/* The same: 0, or EXIT_MVM with the message printed, which begins with what is refused. */
int procfs_needed(const char *what);

#endif
