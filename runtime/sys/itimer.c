/* SPDX-License-Identifier: MIT */
/* Interval timers: alarm(2) and setitimer(2). */
#include <linux/time.h>

#include "mm/mm.h"
#include "sched/ktimer.h"
#include "sys/clock.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define NS_PER_SEC	1000000000UL
#define NS_PER_USEC	1000UL
#define USEC_PER_SEC	1000000UL
#define TIMERS		3	/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */

struct itimer {
	struct ktimer t;
	u64 interval;		/* ns; 0: once */
};

static void expired(struct ktimer *t);

static struct itimer timers[TIMERS] = {
	[ITIMER_REAL].t.fn = expired,
	[ITIMER_VIRTUAL].t.fn = expired,
	[ITIMER_PROF].t.fn = expired,
};

static const u8 timer_signal[TIMERS] = { SIGALRM, SIGVTALRM, SIGPROF };

/* All processor time is user time here, so that VIRTUAL and PROF run on the same clock. */
static u64 timer_now(int which)
{
	return which == ITIMER_REAL ? time_now(CLOCK_MONOTONIC) : clock_cpu_ns();
}

static void start(int which, u64 due)
{
	if (which == ITIMER_REAL)
		ktimer_start(&timers[which].t, due);
	else
		ktimer_start_cpu(&timers[which].t, due);
	timers_watch();
}

static void expired(struct ktimer *t)
{
	struct itimer *it = container_of(t, struct itimer, t);
	int which = (int)(it - timers);
	u64 due = t->due;

	if (it->interval) {
		/* Missed intervals are one signal, and the rhythm is kept. */
		ktimer_forward(&due, it->interval, timer_now(which));
		start(which, due);
	}
	signal_queue(&sig_shared, &(struct ksiginfo){ .signo = timer_signal[which],
						      .code = SI_KERNEL });
}

/* What is left and the interval, as the application last set them. */
static void read_timer(int which, u64 *left, u64 *interval)
{
	const struct itimer *it = &timers[which];
	u64 now;

	*interval = it->interval;
	*left = 0;
	if (!ktimer_armed(&it->t))
		return;
	now = timer_now(which);
	/* Due, but its signal is not yet sent: Linux never says 0 of an armed timer. */
	*left = it->t.due > now ? it->t.due - now : NS_PER_USEC;
}

static void arm_timer(int which, u64 ns, u64 interval)
{
	u64 now;

	timers[which].interval = interval;
	ktimer_stop(&timers[which].t);
	if (ns) {
		now = timer_now(which);
		start(which, ns < CLOCK_NEVER - now ? now + ns : CLOCK_NEVER);
	}
}

/* alarm(2): the seconds left of the last one, rounded, but never to 0. */
long sys_alarm(u64 seconds)
{
	u64 left, interval;

	read_timer(ITIMER_REAL, &left, &interval);
	arm_timer(ITIMER_REAL, (u64)(u32)seconds * NS_PER_SEC, 0);
	if (left && left < NS_PER_SEC / 2)
		return 1;
	return (long)((left + NS_PER_SEC / 2) / NS_PER_SEC);
}

static struct __kernel_old_timeval to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){
		.tv_sec = (long)(ns / NS_PER_SEC),
		.tv_usec = (long)(ns % NS_PER_SEC / NS_PER_USEC),
	};
}

static bool from_timeval(const struct __kernel_old_timeval *t, u64 *ns)
{
	if (t->tv_sec < 0 || t->tv_usec < 0 || (u64)t->tv_usec >= USEC_PER_SEC)
		return false;
	*ns = (u64)t->tv_sec >= INT64_MAX / NS_PER_SEC ? INT64_MAX :
	      (u64)t->tv_sec * NS_PER_SEC + (u64)t->tv_usec * NS_PER_USEC;
	return true;
}

struct itimer_user {
	struct __kernel_old_timeval interval, value;
};

static long timer_to_user(int which, u64 addr)
{
	u64 left, interval;
	struct itimer_user u;

	read_timer(which, &left, &interval);
	u.interval = to_timeval(interval);
	u.value = to_timeval(left);
	return copy_to_user(addr, &u, sizeof(u));
}

long sys_getitimer(u64 which, u64 cur)
{
	return (u32)which >= TIMERS ? -EINVAL : timer_to_user((int)which, cur);
}

long sys_setitimer(u64 which, u64 new, u64 old)
{
	struct itimer_user u = { 0 };
	u64 value, interval;

	/* Linux takes a null pointer for "stop it". */
	if (new && copy_from_user(&u, new, sizeof(u)))
		return -EFAULT;
	if ((u32)which >= TIMERS || !from_timeval(&u.value, &value) ||
	    !from_timeval(&u.interval, &interval))
		return -EINVAL;
	if (old && timer_to_user((int)which, old))
		return -EFAULT;
	arm_timer((int)which, value, interval);
	return 0;
}
