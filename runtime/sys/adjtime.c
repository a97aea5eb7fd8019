/* SPDX-License-Identifier: MIT */
/*
 * adjtimex(2), clock_adjtime(2): read only.  The clock is the host's: nobody here may adjust it,
 * and nobody here knows how well it is kept, so that it is reported as not synchronized.
 */
#include <linux/time.h>
#include <linux/timex.h>

#include "mm/mm.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define NS_PER_SEC	1000000000UL
#define CLOCKFD_MASK	7		/* of a clock ID that is a descriptor's */
#define CLOCKFD		3
/* What Linux reports of a clock that nobody has ever disciplined. */
#define ERROR_MAX_USEC	16000000
#define CONSTANT	2
#define PRECISION_USEC	1
#define TOLERANCE	32768000	/* 500 ppm, scaled by 2^16 */
#define TICK_USEC	10000

long sys_adjtimex(u64 addr)
{
	struct __kernel_timex t;
	u32 modes;
	u64 now;

	if (get_user(t, addr))
		return -EFAULT;
	modes = t.modes;
	if (modes && modes != ADJ_OFFSET_SS_READ)
		return -EPERM;
	now = time_now(CLOCK_REALTIME);
	t = (struct __kernel_timex){
		.modes = modes, .maxerror = ERROR_MAX_USEC, .esterror = ERROR_MAX_USEC,
		.status = STA_UNSYNC, .constant = CONSTANT, .precision = PRECISION_USEC,
		.tolerance = TOLERANCE, .tick = TICK_USEC,
		.time = { (s64)(now / NS_PER_SEC), (s64)(now % NS_PER_SEC / 1000) },
	};
	return put_user(t, addr) ? -EFAULT : TIME_ERROR;
}

long sys_clock_adjtime(u64 clock, u64 addr)
{
	struct __kernel_timex t;

	if (get_user(t, addr))
		return -EFAULT;
	if ((s32)clock == CLOCK_REALTIME)
		return sys_adjtimex(addr);
	/* Negative ones are processor clocks whose owner is not even looked for, or descriptors. */
	if ((s32)clock < 0)
		return (clock & CLOCKFD_MASK) == CLOCKFD ? -EINVAL : -EOPNOTSUPP;
	return clock_of(clock) == CLOCK_NONE ? -EINVAL : -EOPNOTSUPP;
}
