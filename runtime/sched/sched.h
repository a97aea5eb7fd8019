/* SPDX-License-Identifier: MIT */
/*
 * Threads of the application: one runs at a time on the one vCPU.  Each has a runtime stack, on
 * which it sleeps; inside the runtime a switch happens only where a thread sleeps or yields, in
 * the application also when the host's timer interrupts it (MVM_OP_TICK).
 */
#ifndef MVM_RT_SCHED_H
#define MVM_RT_SCHED_H

#include "rt.h"
#include "sched/waitq.h"

enum thread_state { THREAD_RUNNING, THREAD_READY, THREAD_ASLEEP, THREAD_DEAD };

/* ---- all threads (thread.c) ---- */

/* In the order of their creation; the first is the process's, even when it has exited. */
extern struct thread *threads_first;
extern u32 threads_alive;
#define for_each_thread(t)	for ((t) = threads_first; (t); (t) = (t)->next)
/* NULL: no such thread. */
struct thread *thread_by_tid(s32 tid);

/* ---- sleeping and waking (sched.c) ---- */

/*
 * The current thread sleeps until sched_wake(), a signal is to be delivered, or deadline.
 * 0, -EINTR, -ETIMEDOUT.
 */
int sched_sleep(u64 deadline);
/* Makes a sleeping thread ready; nothing for one that is not asleep. */
void sched_wake(struct thread *t);
/* Others that are ready run first. */
void sched_yield(void);

#endif
