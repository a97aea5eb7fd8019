/* SPDX-License-Identifier: MIT */
/*
 * See clocktimer.h.  A timer is due at a time of one of three: CLOCK_MONOTONIC, which stands for
 * all clocks that go on by themselves; the process's processor time; or a thread's.  The number
 * wraps for a time before the start of CLOCK_MONOTONIC, which REALTIME can name.
 */
#include "sys/clocktimer.h"

#include <linux/time.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/sys.h"

#define SLICE_NS	10000000UL
#define VALUE_OFFSET	sizeof(struct __kernel_timespec)	/* in struct itimerspec */

long timer_spec_from_user(u64 addr, struct timer_spec *s)
{
	char whole[2 * sizeof(struct __kernel_timespec)];
	long err;

	/* All of it must be there before any of it is judged. */
	if (copy_from_user(whole, addr, sizeof(whole)))
		return -EFAULT;
	err = timespec_from_user(addr, &s->interval);
	return err ? err : timespec_from_user(addr + VALUE_OFFSET, &s->value);
}

long timer_spec_to_user(u64 addr, const struct timer_spec *s)
{
	long err = timespec_to_user(addr, s->interval);

	return err ? err : timespec_to_user(addr + VALUE_OFFSET, s->value);
}

static bool is_thread(const struct clocktimer *c)
{
	return c->clock == CLOCK_THREAD_CPUTIME_ID;
}

static bool is_cpu(const struct clocktimer *c)
{
	return is_thread(c) || c->clock == CLOCK_PROCESS_CPUTIME_ID;
}

/* Its thread has ended: that clock stands still. */
static bool is_over(const struct clocktimer *c)
{
	return is_thread(c) && !thread_by_tid(c->tid);
}

static u64 now_of(const struct clocktimer *c)
{
	if (is_thread(c))
		return is_over(c) ? 0 : clock_thread_ns(thread_by_tid(c->tid));
	return is_cpu(c) ? clock_cpu_ns() : time_now(CLOCK_MONOTONIC);
}

static void start(struct clocktimer *c, u64 left);

static void is_due(struct ktimer *t)
{
	struct clocktimer *c = container_of(t, struct clocktimer, t);
	u64 now;

	/*
	 * The process's time has passed, but other threads may have had a part of it.  While its
	 * own does not run it is looked at by the slice only.
	 */
	if (is_thread(c)) {
		now = now_of(c);
		if (is_over(c) || now < c->due) {
			start(c, MAX(c->due - now, c->tid == current->tid ? 0 : SLICE_NS));
			return;
		}
	}
	c->fn(c);
}

static u64 after(u64 now, u64 left)
{
	return left < CLOCK_NEVER - now ? now + left : CLOCK_NEVER;
}

static void start(struct clocktimer *c, u64 left)
{
	if (is_over(c))
		return;
	c->t.fn = is_due;
	if (is_cpu(c))
		ktimer_start_cpu(&c->t, after(clock_cpu_ns(), left));
	else
		ktimer_start(&c->t, after(time_now(CLOCK_MONOTONIC), left));
	timers_watch();
}

void clocktimer_set(struct clocktimer *c, bool absolute, const struct timer_spec *s)
{
	u64 now = now_of(c), from = 0;

	clocktimer_stop(c);
	c->interval = s->interval;
	if (!s->value)
		return;
	if (absolute)
		from = is_cpu(c) ? now : time_now(c->clock);
	c->due = s->value > from ? after(now, s->value - from) : now - (from - s->value);
	start(c, s->value > from ? s->value - from : 0);
}

void clocktimer_stop(struct clocktimer *c)
{
	ktimer_stop(&c->t);
	c->due = 0;
}

u64 clocktimer_again(struct clocktimer *c)
{
	u64 now = now_of(c), times = ktimer_forward(&c->due, c->interval, now);

	start(c, c->due - now);
	return times;
}

void clocktimer_get(const struct clocktimer *c, struct timer_spec *s)
{
	u64 now = now_of(c), due = c->due;

	s->interval = c->interval;
	s->value = 0;
	if (is_over(c))
		return;
	if (ktimer_armed(&c->t)) {
		s->value = (s64)(due - now) > 0 ? due - now : 1;
	} else if (c->interval && due) {
		ktimer_forward(&due, c->interval, now);
		s->value = due - now;
	}
}
