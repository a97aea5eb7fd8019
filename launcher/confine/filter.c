/* SPDX-License-Identifier: MIT */
/* The compiled filter goes into the kernel, when all else is done. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/seccomp.h>
#include "confine_int.h"
#include "msg.h"

/*
 * Both threads have the same filter.  One of its own for each would bar nothing: they share their
 * memory, so who has taken over one of them can make the other do what it may.
 */
int confine_filter(struct confinement *c)
{
	struct sock_fprog prog = { .len = c->filter_len, .filter = c->filter };

	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog))
		return 0;
	fail(EXIT_MVM, "confinement: the kernel refuses the system call filter: %s; mvm runs no "
	     "guest without one", strerror(errno));
	return -1;
}
