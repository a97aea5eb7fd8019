/* SPDX-License-Identifier: MIT */
/* Between thread.c and sched.c. */
#ifndef MVM_RT_SCHED_THREAD_H
#define MVM_RT_SCHED_THREAD_H

/* Frees a thread that has ended, once another's stack is in use. */
void thread_reap(void);

#endif
