/* SPDX-License-Identifier: MIT */
/* What select.c takes from poll.c. */
#ifndef MVM_RT_FS_POLL_H
#define MVM_RT_FS_POLL_H

#include "rt.h"
#include <asm/poll.h>

#define POLL_FEW	32U		/* so many need no memory from the heap */

/*
 * Waits until one of p[0..n) is ready (revents written) or deadline (CLOCK_MONOTONIC ns; 0: only
 * looks; UINT64_MAX: for ever).  How many are ready, -EINTR, -ENOMEM.
 */
int poll_core(struct pollfd *p, u32 n, u64 deadline);

/* A timespec (micro: timeval) of the program, 0 for none, as a deadline.  -EFAULT, -EINVAL. */
long deadline_in(u64 uts, bool micro, u64 *deadline);
/* Writes back what is left of it, as Linux's own calls do. */
void deadline_out(u64 uts, bool micro, u64 deadline);

#endif
