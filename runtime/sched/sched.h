/* SPDX-License-Identifier: MIT */
/*
 * Threads of the application: one runs at a time on the one vCPU.  Each has a runtime stack, on
 * which it sleeps; inside the runtime a switch happens only where a thread sleeps or yields, in
 * the application also when the host's timer interrupts it (tick.c).
 */
#ifndef MVM_RT_SCHED_H
#define MVM_RT_SCHED_H

#include "rt.h"
#include "sched/waitq.h"

enum thread_state { THREAD_RUNNING, THREAD_READY, THREAD_ASLEEP, THREAD_DEAD };

/* ---- all threads (thread.c) ---- */

/* In the order of their creation. */
extern struct thread *threads_first;
extern u32 threads_alive;
#define for_each_thread(t)	for ((t) = threads_first; (t); (t) = (t)->next)
/* NULL: no such thread. */
struct thread *thread_by_tid(s32 tid);
/* Called by sys_init(): the first thread is the only one. */
void threads_init(void);

/*
 * A copy of the current thread, ready to run, which goes on as the system call under way returns
 * 0: with stack (0: the same) as its RSP and tls (NULL: the same) as its FS base.  Its number is
 * there before it runs.  NULL: no memory.
 */
struct thread *thread_create(u64 stack, const u64 *tls);
/* The current thread is no more.  Not for the last one. */
_Noreturn void thread_exit(void);

/* ---- sleeping and waking (sched.c) ---- */

/*
 * The current thread sleeps until sched_wake(), a signal is to be delivered, or deadline
 * (CLOCK_MONOTONIC ns, UINT64_MAX: never).  0, -EINTR, -ETIMEDOUT.
 */
int sched_sleep(u64 deadline);
/* Makes a sleeping thread ready; nothing for one that is not asleep. */
void sched_wake(struct thread *t);
/* A new thread is ready. */
void sched_start(struct thread *t);
/* Others that are ready run first.  True: some did. */
bool sched_yield(void);
/* Does another thread wait for the vCPU? */
bool sched_others_ready(void);
/* The current thread, which is DEAD or ASLEEP, leaves the vCPU to another. */
void sched_leave(void);
/* First thing on a stack that was switched to: the application's registers of the current one. */
void sched_arrived(void);
/*
 * All that the processor holds of the current thread's application goes to its memory (false: there
 * is none), and comes back.  Nothing may happen in between but what leaves the thread where it is.
 */
bool sched_park(void);
void sched_unpark(void);
/* TSC ticks that t has run. */
u64 sched_cpu_ticks(const struct thread *t);

#endif
