/* SPDX-License-Identifier: MIT */
/* An interval timer on any clock, as timerfd_settime and timer_settime set it. */
#ifndef MVM_RT_SYS_CLOCKTIMER_H
#define MVM_RT_SYS_CLOCKTIMER_H

#include "rt.h"
#include "sched/ktimer.h"

/* A struct itimerspec: ns.  value 0: not armed; interval 0: once. */
struct timer_spec { u64 interval, value; };

/* 0; -EFAULT; -EINVAL when a part of it is negative or has too many nanoseconds. */
long timer_spec_from_user(u64 addr, struct timer_spec *s);
long timer_spec_to_user(u64 addr, const struct timer_spec *s);

/* Zeroed, then the first three set: by its owner. */
struct clocktimer {
	/* It was due.  As ktimer_fn; with an interval it is not armed before clocktimer_again(). */
	void (*fn)(struct clocktimer *c);
	int clock;			/* as clock_of() names them */
	s32 tid;			/* CLOCK_THREAD_CPUTIME_ID: whose */
	u64 due;			/* see clocktimer.c; 0: not set */
	u64 interval;
	struct ktimer t;
};

/*
 * Stops it and sets it anew.  absolute: s->value is a time of its clock, else it counts from now.
 * What lies in the past is due at once.  A step of CLOCK_REALTIME moves no timer that is set.
 */
void clocktimer_set(struct clocktimer *c, bool absolute, const struct timer_spec *s);
void clocktimer_stop(struct clocktimer *c);
/*
 * After it was due, for one with an interval: arms it for its next time after now.  How often it
 * was due until now: 1 or more.
 */
u64 clocktimer_again(struct clocktimer *c);
/*
 * The interval and what is left of the time: 0 when it is not set or was due for the last time, 1
 * when it is overdue.
 */
void clocktimer_get(const struct clocktimer *c, struct timer_spec *s);

#endif
