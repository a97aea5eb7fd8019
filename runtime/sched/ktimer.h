/* SPDX-License-Identifier: MIT */
/*
 * The runtime's timers: what has to happen at a time.  Time-outs of sleeping threads, timers that
 * send signals and timerfds are all made of struct ktimer, on one of two clocks: CLOCK_MONOTONIC,
 * and the process's processor time, which stands still while the VM idles.
 *
 * Nothing here looks at a clock or arms an interrupt.  Who runs the threads asks ktimer_next() when
 * it must look again, and calls ktimer_run() with the time it is (timers_run(), sys/timers.c).
 */
#ifndef MVM_RT_SCHED_KTIMER_H
#define MVM_RT_SCHED_KTIMER_H

#include "rt.h"

#define KTIMER_NEVER	UINT64_MAX

struct ktimer;

/*
 * Called once, when the timer is due; it is off its heap already.  It may start and stop timers,
 * this one too (for a time after the one given to ktimer_run(), or that does not end), and wake
 * threads; it must not sleep.
 */
typedef void ktimer_fn(struct ktimer *t);

/* Zeroed, but for fn: not armed.  No memory is needed to arm one. */
struct ktimer {
	u64 due;			/* ns of its clock, while armed */
	ktimer_fn *fn;
	struct ktimer **heap;		/* of which clock; NULL: not armed */
	struct ktimer **at;		/* what points to it */
	struct ktimer *child, *next;	/* later ones below it; beside it */
};

static inline bool ktimer_armed(const struct ktimer *t) { return t->heap; }

/* Arms t, or moves it when it is armed, to due ns of CLOCK_MONOTONIC.  O(1) but for the move. */
void ktimer_start(struct ktimer *t, u64 due);
/* The same on the process's processor time, clock_cpu_ns(). */
void ktimer_start_cpu(struct ktimer *t, u64 due);
/* Nothing when it is not armed.  O(log n) on the average of many. */
void ktimer_stop(struct ktimer *t);

/*
 * A timer that recurs every interval ns (not 0) and was due at *due, before now (also before 0, as
 * a number that wraps): *due becomes its first time after now.  How often it was due until now.
 */
static inline u64 ktimer_forward(u64 *due, u64 interval, u64 now)
{
	u64 behind = now - *due, ahead = interval - behind % interval;

	*due = ahead < KTIMER_NEVER - now ? now + ahead : KTIMER_NEVER;
	return behind / interval + 1;
}

/* When the first one is due, KTIMER_NEVER: none is armed. */
u64 ktimer_next(void);
u64 ktimer_next_cpu(void);
/* Calls fn of all that are due at now or before, the earliest first. */
void ktimer_run(u64 now);
void ktimer_run_cpu(u64 now);

#endif
