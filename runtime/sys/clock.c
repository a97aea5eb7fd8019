/* SPDX-License-Identifier: MIT */
/*
 * Time: the clocks of clock_gettime(2), and sleeping.  All come from the TSC and parameters that
 * the host gives, at the start or at the first use, and again (MVM_OP_TIME) when they are older
 * than CLOCK_SPAN_NS; between those no exit happens.  Processor time is what has passed since the
 * start less the waits: host time in which the VM was not scheduled counts, as it would for a
 * process that cannot see its hypervisor.  Interval timers are in sys/itimer.c.
 */
#include "sys/clock.h"

#include <linux/time.h>

#include "mm/mm.h"
#include "sched/record.h"
#include "sched/sched.h"
#include "sys/about.h"
#include "sys/clockadj.h"
#include "sys/process.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#ifndef CLOCK_TAI
#define CLOCK_TAI	11
#endif

#define NS_PER_SEC	1000000000UL
#define SPIN_MAX_NS	20000UL		/* shorter sleeps cost less than their exits would */
#define CPUCLOCK_SCHED	2		/* low bits of a clock ID of clock_getcpuclockid(3) */
#define CPUCLOCK_PERTHREAD	4

/* Cache line of its own: the vDSO reads nothing else. */
struct vvar vvar __attribute__((aligned(64)));

static struct clockadj adj;
static u64 start_tsc;
static u64 start_ns;	/* CLOCK_MONOTONIC at start_tsc; known once calibrated */
static u64 idle_ns, idle_ticks;	/* waits: converted already, and not yet */

static void publish(void)
{
	u32 seq = vvar.seq;

	__atomic_store_n(&vvar.seq, seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	vvar.shift = adj.now.shift;
	vvar.mult = adj.now.mult;
	vvar.tsc_base = adj.now.tsc_base;
	vvar.span = run_recorded() ? 0 : adj.now.span;
	vvar.mono_ns = adj.now.mono_ns;
	vvar.real_off = adj.now.real_off;
	vvar.boot_off = adj.now.boot_off;
	__atomic_store_n(&vvar.seq, seq + 2, __ATOMIC_RELEASE);
}

/* False: the host's parameters make no sense, and the clock goes on as it was. */
static bool adopt(const struct mvm_time *t)
{
	bool first = !adj.now.span;

	if (!clockadj_update(&adj, t, clock_ticks()))
		return false;
	if (first)
		start_ns = adj.now.mono_ns - ticks_to_ns(adj.now.tsc_base - start_tsc,
							 adj.now.mult, adj.now.shift);
	publish();
	return true;
}

void clock_init(void)
{
	start_tsc = clock_ticks();
	if (boot->time.mult)
		adopt(&boot->time);
}

void clock_continue(void)
{
	bool known = adj.now.span;
	u64 started = start_ns;

	memset(&adj, 0, sizeof(adj));
	start_tsc = tsc_read();
	if (!boot->time.mult || !adopt(&boot->time))
		publish();		/* nothing: the next one who asks asks the host */
	if (known)
		start_ns = started;
}

/* Asks the host.  Panics when it gives no clock at all: nothing could be told. */
static void calibrate(void)
{
	struct mvm_time t = { 0 };
	struct mvm_sqe e = { .op = MVM_OP_TIME, .addr.v = va_to_gpa(&t), .len = sizeof(t) };
	s64 err = hyper_kick(&e, NULL);

	if ((err < 0 || !adopt(&t)) && !adj.now.span)
		rt_panic("the host gives no clock (%ld)", (long)err);
}

/* In a run that is recorded, for now, or whenever it was that the host said so last. */
static u64 read_time(int clock, bool now)
{
	u64 mono, real_off, boot_off;

	if (unlikely(!vvar_read(&vvar, &mono, &real_off, &boot_off))) {
		if (!run_recorded() || !adj.now.span || (now && record_stale()))
			calibrate();
		mono = clockadj_mono(&adj, clock_ticks());
		real_off = adj.now.real_off;
		boot_off = adj.now.boot_off;
	}
	switch (clock) {
	case CLOCK_REALTIME:
		return mono + real_off;
	case CLOCK_BOOTTIME:
		return mono + boot_off;
	}
	return mono;
}

u64 time_now(int clock)
{
	return read_time(clock, true);
}

u64 time_lately(int clock)
{
	return read_time(clock, false);
}

u64 clock_cpu_ns(void)
{
	static u64 last;	/* a slewed clock and an unslewed wait must not make it go back */
	u64 now = time_now(CLOCK_MONOTONIC), used;

	idle_ns += ticks_to_ns(idle_ticks, adj.rate, adj.now.shift);
	idle_ticks = 0;
	used = now - start_ns - idle_ns;
	if ((s64)(used - last) > 0)
		last = used;
	return last;
}

u64 about_cpu_ns(void)
{
	return clock_cpu_ns();
}

u64 about_started(void)
{
	u64 boot_ns = time_now(CLOCK_BOOTTIME);		/* calibrates */

	return boot_ns - (time_now(CLOCK_MONOTONIC) - start_ns);
}

void clock_idle_end(u64 began)
{
	idle_ticks += clock_ticks() - began;
}

u64 clock_deadline(u64 ns)
{
	u64 now = time_now(CLOCK_MONOTONIC);

	return ns < CLOCK_NEVER - now ? now + ns : CLOCK_NEVER;
}

long timespec_from_user(u64 addr, u64 *ns)
{
	struct __kernel_timespec t;

	if (copy_from_user(&t, addr, sizeof(t)))
		return -EFAULT;
	if (t.tv_sec < 0 || t.tv_nsec < 0 || (u64)t.tv_nsec >= NS_PER_SEC)
		return -EINVAL;
	*ns = (u64)t.tv_sec >= INT64_MAX / NS_PER_SEC ? INT64_MAX :
	      (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
	return 0;
}

long timespec_to_user(u64 addr, u64 ns)
{
	struct __kernel_timespec t = {
		.tv_sec = (s64)(ns / NS_PER_SEC),
		.tv_nsec = (s64)(ns % NS_PER_SEC),
	};

	return copy_to_user(addr, &t, sizeof(t));
}

int clock_of(u64 id)
{
	s32 c = (s32)id, pid = ~(c >> 3);

	if (c < 0 && (c & 3) > CPUCLOCK_SCHED)
		return CLOCK_NONE;
	if (c < 0 && c & CPUCLOCK_PERTHREAD)
		return !pid || thread_by_tid(pid) ? CLOCK_THREAD_CPUTIME_ID : CLOCK_NONE;
	if (c < 0)
		return !pid || pid == PROCESS_ID ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_NONE;
	switch (c) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		return CLOCK_REALTIME;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		return CLOCK_MONOTONIC;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return c;
	}
	return CLOCK_NONE;
}

bool clock_has_timers(u64 id)
{
	s32 c = (s32)id;

	return c != CLOCK_MONOTONIC_RAW && c != CLOCK_REALTIME_COARSE &&
	       c != CLOCK_MONOTONIC_COARSE;
}

s32 clock_tid(u64 id)
{
	return (s32)id < 0 && ~((s32)id >> 3) ? ~((s32)id >> 3) : current->tid;
}

u64 clock_thread_ns(const struct thread *t)
{
	u64 process = clock_cpu_ns();		/* and the rate is known */

	/* A slewed clock does not make a part more than the whole. */
	return MIN(ticks_to_ns(sched_cpu_ticks(t), adj.rate, adj.now.shift), process);
}

static u64 read_clock(u64 id, int clock)
{
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return clock_thread_ns(thread_by_tid(clock_tid(id)));
	return clock == CLOCK_PROCESS_CPUTIME_ID ? clock_cpu_ns() : time_now(clock);
}

long sys_clock_gettime(u64 clock, u64 ts)
{
	int c = clock_of(clock);

	return c == CLOCK_NONE ? -EINVAL : timespec_to_user(ts, read_clock(clock, c));
}

long sys_clock_getres(u64 clock, u64 ts)
{
	if (clock_of(clock) == CLOCK_NONE)
		return -EINVAL;
	return ts ? timespec_to_user(ts, 1) : 0;
}

long sys_gettimeofday(u64 tv, u64 tz)
{
	struct timezone zone = { 0 };
	struct __kernel_old_timeval t;
	u64 now;

	if (tv) {
		now = time_now(CLOCK_REALTIME);
		t.tv_sec = (long)(now / NS_PER_SEC);
		t.tv_usec = (long)(now % NS_PER_SEC / 1000);
		if (copy_to_user(tv, &t, sizeof(t)))
			return -EFAULT;
	}
	return tz ? copy_to_user(tz, &zone, sizeof(zone)) : 0;
}

long sys_time(u64 t)
{
	u64 now = time_now(CLOCK_REALTIME) / NS_PER_SEC;

	if (t && put_user(now, t))
		return -EFAULT;
	return (long)now;
}

/* Until CLOCK_MONOTONIC reads deadline.  0, or -EINTR when a signal came first. */
static long sleep_until(u64 deadline)
{
	u64 now = time_now(CLOCK_MONOTONIC);

	if (now < deadline && deadline - now <= SPIN_MAX_NS && !sched_others_ready() &&
	    !run_recorded()) {
		while (time_now(CLOCK_MONOTONIC) < deadline)
			__asm__ volatile("pause");
		return 0;
	}
	while (time_now(CLOCK_MONOTONIC) < deadline) {
		if (sched_sleep(deadline) == -EINTR)
			return -EINTR;
	}
	return 0;
}

static long sleep_for(u64 ns, u64 rem)
{
	u64 deadline = clock_deadline(ns), now;
	long err = sleep_until(deadline);

	if (err != -EINTR || !rem)
		return err;
	now = time_now(CLOCK_MONOTONIC);
	return timespec_to_user(rem, deadline > now ? deadline - now : 0) ? -EFAULT : -EINTR;
}

long sys_nanosleep(u64 req, u64 rem)
{
	u64 ns;
	long err = timespec_from_user(req, &ns);

	return err ? err : sleep_for(ns, rem);
}

/*
 * clock_nanosleep(2).  An absolute sleep on CLOCK_REALTIME is converted once: it does not
 * follow a later step of the host's clock.  A signal restarts an absolute sleep that no handler
 * interrupted.
 */
long sys_clock_nanosleep(u64 clock, u64 flags, u64 req, u64 rem)
{
	int c = clock_of(clock);
	u64 ns, now;
	long err;

	if (c == CLOCK_NONE)
		return -EINVAL;
	if (c == CLOCK_PROCESS_CPUTIME_ID || c == CLOCK_THREAD_CPUTIME_ID ||
	    !clock_has_timers(clock))
		return -EOPNOTSUPP;
	err = timespec_from_user(req, &ns);
	if (err)
		return err;
	if (!(flags & TIMER_ABSTIME))
		return sleep_for(ns, rem);
	now = time_now(c);
	err = ns > now ? sleep_until(clock_deadline(ns - now)) : 0;
	return err == -EINTR ? -ERESTARTNOHAND : err;
}
