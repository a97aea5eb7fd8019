/* SPDX-License-Identifier: MIT */
/* Time inside sys/; time_now() is in sys/sys.h. */
#ifndef MVM_RT_SYS_CLOCK_H
#define MVM_RT_SYS_CLOCK_H

#include "rt.h"
#include "sched/record.h"
#include "sys/vvar.h"

#define CLOCK_NEVER	UINT64_MAX

/* What the vDSO reads. */
extern struct vvar vvar;

/* Notes when the VM started.  Called by sys_init(); no exit. */
void clock_init(void);

/*
 * The VM is a clone that goes on at another time, perhaps elsewhere: boot->time is fresh.
 * CLOCK_MONOTONIC goes on from where it was, the host sees to that.
 */
void clock_continue(void);

/* Nanoseconds of processor time: since the start, less what was spent waiting. */
u64 clock_cpu_ns(void);
/* Of one thread. */
u64 clock_thread_ns(const struct thread *t);

/* The TSC, or in a run that is recorded what stands for it: it only moves with a kick. */
static inline u64 clock_ticks(void)
{
	return run_recorded() ? hyper_ring->clock : tsc_read();
}

/* What passes between these two is a wait, not processor time.  No exit. */
static inline u64 clock_idle_begin(void)
{
	return clock_ticks();
}
void clock_idle_end(u64 began);

/*
 * A struct timespec of the application.  0 with *ns; -EFAULT; -EINVAL when negative or with
 * tv_nsec outside of 0..999999999.  Times beyond 2^63 ns saturate.
 */
long timespec_from_user(u64 addr, u64 *ns);
long timespec_to_user(u64 addr, u64 ns);

/*
 * Which clock answers for a clock ID: the coarse ones are as exact as the others, TAI is
 * REALTIME (Linux's default offset is 0), negative IDs are processor clocks of a process or
 * thread.  CLOCK_NONE: there is no such clock.
 */
#define CLOCK_NONE	-1
int clock_of(u64 id);
/* Can one sleep until a time of it (if it is there at all)? */
bool clock_has_timers(u64 id);
/* Of a thread's processor clock: whose it is. */
s32 clock_tid(u64 id);

/* The deadline that lies ns after now, saturated. */
u64 clock_deadline(u64 ns);

#endif
