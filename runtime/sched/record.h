/* SPDX-License-Identifier: MIT */
/*
 * A run that is recorded (MVM_BOOT_RECORD), so that it can be repeated from the results of its
 * requests alone.  Nothing but a kick may then bring in anything new: the time is what the host
 * wrote at the last kick, and the tick is noticed when the runtime has been left so many times as
 * the host says.  docs/record.md describes both sides.
 */
#ifndef MVM_RT_SCHED_RECORD_H
#define MVM_RT_SCHED_RECORD_H

#include "rt.h"

static inline bool run_recorded(void)
{
	return IS_ENABLED(CONFIG_RECORD) && unlikely(boot->flags & MVM_BOOT_RECORD);
}

/* Has the host said nothing since the runtime was left last?  Then its clock is asked for. */
bool record_stale(void);
/* On the way back to the application: counts, and sees whether the tick is due. */
void record_leave(void);
/* A tick is here.  Kicks, so that there is one between any two ticks, and the time is known. */
void record_noticed(void);
/*
 * The application may not read the TSC, where the device has CR4.TSD (SDM vol. 3, 2.5): true, and r
 * is behind the RDTSC or RDTSCP that it is at, which has got the host's clock.
 */
bool record_rdtsc(struct regs *r);

#endif
