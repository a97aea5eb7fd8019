/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: what an object (a pipe, a socket, a futex, a host handle) wakes when its state may
 * have changed, and how a thread sleeps on one.
 *
 * The runtime is never preempted and one thread of it runs at a time, so between the look at a
 * condition and the sleep nothing can change: `while (!condition) waitq_wait()` loses no wake-up.
 * What runs on several processors later will hold one lock where it is in the runtime.
 */
#ifndef MVM_RT_SCHED_WAITQ_H
#define MVM_RT_SCHED_WAITQ_H

#include "rt.h"

struct waiter;
struct waitq;

/*
 * events: POLLIN, POLLOUT ... that became true, ~0U when that is not known.  It may remove the
 * waiter, or wake other queues; it must not sleep.  False: there is nobody who would do something
 * about it now, so that an exclusive waiter does not count as the one that was woken.
 */
typedef bool waiter_fn(struct waiter *w, u32 events);

/* One who waits: a thread, an epoll item, a signalfd.  Zeroed: on no queue. */
struct waiter {
	struct waiter *next, *prev;
	struct waitq *q;		/* NULL: on none */
	waiter_fn *fn;
	bool exclusive;			/* waitq_wake_one() stops after this one */
};

/* Zeroed: empty.  Waiters in the order in which they came. */
struct waitq {
	struct waiter *first, *last;
};

void waitq_add(struct waitq *q, struct waiter *w);
/* Off its queue; nothing when it is on none. */
void waitq_remove(struct waiter *w);

/* Calls fn of every waiter. */
void waitq_wake(struct waitq *q, u32 events);
/* Of every waiter that is not exclusive, and of the first exclusive one. */
void waitq_wake_one(struct waitq *q, u32 events);
static inline bool waitq_empty(const struct waitq *q) { return !q->first; }
/* The object goes away: all waiters are woken with events and taken off. */
void waitq_destroy(struct waitq *q, u32 events);

/*
 * The current thread sleeps until q is woken, a signal is to be delivered, or deadline
 * (CLOCK_MONOTONIC ns; UINT64_MAX: never).  0: woken, look again (it may be in vain); -EINTR;
 * -ETIMEDOUT.  A deadline that has passed: -ETIMEDOUT, but other threads had their turn.
 * exclusive: for resources that one waiter alone can take (accept, a futex).
 */
int waitq_wait(struct waitq *q, u64 deadline);
int waitq_wait_exclusive(struct waitq *q, u64 deadline);

#endif
