/* SPDX-License-Identifier: MIT */
/*
 * POSIX timers: timer_create(2) and its kin.  A timer has one queue entry of its own: while that
 * is pending it does not run, and when the signal is taken the intervals that were missed meanwhile
 * are its overrun, as Linux does it.
 */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/time.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/clocktimer.h"
#include "sys/creds.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/syscalls.h"
#include "sys/system.h"

#define TIMERS_MIN	16U
#define SIGEVENT_SIZE	64U

struct sigevent_user {
	u64 value;
	s32 signo, notify, tid;
	u8 rest[SIGEVENT_SIZE - 20];
};

struct ptimer {
	struct clocktimer timer;
	struct sigqueue q;
	struct sigpending *queued;	/* where q is pending; NULL: nowhere */
	s32 notify;
	s32 tid;			/* SIGEV_THREAD_ID */
	s32 overrun;			/* of the signal that was taken last */
};

static struct ptimer **timers;		/* by number */
static u32 size, count;

/* ---- expiration ---- */

/* The signal left the queue: what did not fit into it meanwhile is known now. */
static void taken(struct sigqueue *q, struct ksiginfo *info)
{
	struct ptimer *t = container_of(q, struct ptimer, q);
	u64 missed = t->timer.interval ? clocktimer_again(&t->timer) - 1 : 0;

	t->queued = NULL;
	t->overrun = (s32)MIN(missed, (u64)INT32_MAX);
	info->timer.overrun = t->overrun;
}

static void expired(struct clocktimer *c)
{
	struct ptimer *t = container_of(c, struct ptimer, timer);

	if (t->notify == SIGEV_NONE)
		return;
	t->queued = signal_queue_own(t->notify & SIGEV_THREAD_ID ? t->tid : 0, &t->q);
	/* Ignored, or the thread is gone: on to the next time. */
	if (!t->queued && c->interval)
		clocktimer_again(c);
}

static void unqueue(struct ptimer *t)
{
	if (t->queued)
		sigqueue_drop_own(t->queued, &t->q);
	t->queued = NULL;
}

/* ---- the table ---- */

static struct ptimer *find(u64 id)
{
	return (u32)id < size ? timers[(u32)id] : NULL;
}

/* A free number, or -EAGAIN. */
static s32 free_id(void)
{
	static u32 hint;		/* the search goes round */
	struct ptimer **bigger;

	if (count >= limit_soft(RLIMIT_SIGPENDING))
		return -EAGAIN;
	if (count == size) {
		bigger = krealloc(timers, MAX(2 * size, TIMERS_MIN) * sizeof(*timers));
		if (!bigger)
			return -EAGAIN;
		timers = bigger;
		hint = size;
		size = MAX(2 * size, TIMERS_MIN);
		memset(timers + hint, 0, (size - hint) * sizeof(*timers));
	}
	while (timers[hint % size])
		hint++;
	hint %= size;
	return (s32)hint;
}

/* ---- timer_create ---- */

static bool valid_event(const struct sigevent_user *e)
{
	switch (e->notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		if (!thread_by_tid(e->tid))
			return false;
		/* fall through */
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		return e->signo >= 1 && e->signo <= NSIG_MAX;
	}
	return false;
}

/* 0, and on which clock it runs. */
static long check_clock(u64 id, int *clock)
{
	*clock = clock_of(id);
	if (*clock == CLOCK_NONE)
		return -EINVAL;
	if (!clock_has_timers(id))
		return -EOPNOTSUPP;
	if (((s32)id == CLOCK_REALTIME_ALARM || (s32)id == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;
	return 0;
}

long sys_timer_create(u64 clock, u64 uevent, u64 uid)
{
	struct sigevent_user e = { .notify = SIGEV_SIGNAL, .signo = SIGALRM };
	struct ptimer *t;
	int on;
	long err;
	s32 id;

	if (uevent && get_user(e, uevent))
		return -EFAULT;
	err = check_clock(clock, &on);
	if (err)
		return err;
	id = free_id();
	if (id < 0)
		return id;
	if (!uevent)
		e.value = (u32)id;
	if (!valid_event(&e))
		return -EINVAL;
	if (put_user(id, uid))
		return -EFAULT;
	t = kzalloc(sizeof(*t));
	if (!t)
		return -EAGAIN;
	*t = (struct ptimer){
		.timer = { .fn = expired, .clock = on, .tid = clock_tid(clock) },
		.notify = e.notify, .tid = e.tid,
		.q = { .taken = taken, .info = { .signo = e.signo, .code = SI_TIMER,
		       .timer = { .tid = id, .value = e.value } } },
	};
	timers[id] = t;
	count++;
	return 0;
}

/* ---- the others ---- */

long sys_timer_delete(u64 id)
{
	struct ptimer *t = find(id);

	if (!t)
		return -EINVAL;
	clocktimer_stop(&t->timer);
	unqueue(t);
	timers[(u32)id] = NULL;
	count--;
	kfree(t);
	return 0;
}

long sys_timer_settime(u64 id, u64 flags, u64 new, u64 old)
{
	struct timer_spec s, before;
	struct ptimer *t;
	long err;

	err = new ? timer_spec_from_user(new, &s) : -EINVAL;
	if (err)
		return err;
	t = find(id);
	if (!t)
		return -EINVAL;
	timers_run();
	clocktimer_get(&t->timer, &before);
	unqueue(t);
	t->overrun = 0;
	clocktimer_set(&t->timer, flags & TIMER_ABSTIME, &s);
	return old ? timer_spec_to_user(old, &before) : 0;
}

long sys_timer_gettime(u64 id, u64 addr)
{
	struct ptimer *t = find(id);
	struct timer_spec s;

	if (!t)
		return -EINVAL;
	timers_run();
	clocktimer_get(&t->timer, &s);
	return timer_spec_to_user(addr, &s);
}

long sys_timer_getoverrun(u64 id)
{
	struct ptimer *t = find(id);

	return t ? t->overrun : -EINVAL;
}
