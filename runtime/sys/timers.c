/* SPDX-License-Identifier: MIT */
/*
 * When the timers of sched/ktimer.c are looked at: in every wait, and on the way out of the system
 * calls of a thread that armed one (WORK_TIMER), so that a signal is not late in a program that
 * makes calls.
 */
#include <linux/time.h>

#include "sched/ktimer.h"
#include "sys/clock.h"
#include "sys/signal.h"
#include "sys/sys.h"

u64 timers_next(void)
{
	return ktimer_next();
}

void timers_run(void)
{
	if (ktimer_next() != KTIMER_NEVER)
		ktimer_run(time_now(CLOCK_MONOTONIC));
	if (ktimer_next_cpu() != KTIMER_NEVER)
		ktimer_run_cpu(clock_cpu_ns());
	if (ktimer_next() == KTIMER_NEVER && ktimer_next_cpu() == KTIMER_NEVER)
		current->work &= ~WORK_TIMER;
}

void timers_watch(void)
{
	current->work |= WORK_TIMER;
}
