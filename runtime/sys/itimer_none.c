/* SPDX-License-Identifier: MIT */
/* Without CONFIG_ITIMER: no timer is ever armed. */
#include "sys/clock.h"
#include "sys/sys.h"

u64 timers_next(void)
{
	return CLOCK_NEVER;
}

void timers_run(void)
{
}
