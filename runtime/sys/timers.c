/* SPDX-License-Identifier: MIT */
/*
 * When the timers of sched/ktimer.c are looked at: in every wait, and when the tick comes that
 * sched/tick.c asks for (WORK_TICK).
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
}

void timers_watch(void)
{
	current->work |= WORK_TICK;
}
