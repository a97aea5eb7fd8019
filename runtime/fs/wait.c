/* SPDX-License-Identifier: MIT */
/*
 * The one place where the program waits.  With one thread that is the whole VM, in the host's
 * WAIT request; with more, a scheduler takes its place here.
 */
#include "fs/vfs.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include <linux/time.h>

/* Time left until deadline for the host, 0 when it has passed. */
static u64 left_until(u64 deadline)
{
	u64 now;

	if (!deadline || deadline == UINT64_MAX)
		return deadline;
	now = time_now(CLOCK_MONOTONIC);
	return deadline > now ? deadline - now : 0;
}

int fs_wait(struct mvm_wait *w, int n, u64 deadline)
{
	struct mvm_sqe e;
	u64 left, began;
	s64 res;

	for (;;) {
		timers_run();
		if (signal_pending())
			return -EINTR;
		left = left_until(deadline);
		if (!left && !n)
			return 0;
		e = (struct mvm_sqe){ .op = MVM_OP_WAIT, .len = n,
				      .arg = MIN(left, left_until(timers_next())) };
		if (n)
			e.addr.v = va_to_gpa(w);
		began = clock_idle_begin();
		res = hyper_kick(&e, NULL);
		clock_idle_end(began);
		if (res > 0 || (res < 0 && res != -EINTR))
			return res;
		if (!left)
			return 0;
	}
}
