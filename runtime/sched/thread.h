/* SPDX-License-Identifier: MIT */
/* Between thread.c and sched.c. */
#ifndef MVM_RT_SCHED_THREAD_H
#define MVM_RT_SCHED_THREAD_H

#include <stdbool.h>

/*
 * Has the current thread room for its FPU state?  The first one gets it when it is first asked
 * for, as it needs none until there is a second.  False: no memory.
 */
bool thread_has_fpu_room(void);

/* Frees a thread that has ended, once another's stack is in use. */
void thread_reap(void);

#endif
