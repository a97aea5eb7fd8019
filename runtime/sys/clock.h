/* SPDX-License-Identifier: MIT */
/* Time inside sys/; time_now() is in sys/sys.h. */
#ifndef MVM_RT_SYS_CLOCK_H
#define MVM_RT_SYS_CLOCK_H

#include "rt.h"
#include "sys/vvar.h"

#define CLOCK_NEVER	UINT64_MAX

/* What the vDSO reads. */
extern struct vvar vvar;

/* Notes when the VM started.  Called by sys_init(); no exit. */
void clock_init(void);

/* Nanoseconds of processor time: since the start, less what was spent waiting. */
u64 clock_cpu_ns(void);
/* Of one thread. */
u64 clock_thread_ns(const struct thread *t);

/* What passes between these two is a wait, not processor time.  No exit. */
static inline u64 clock_idle_begin(void)
{
	return tsc_read();
}
void clock_idle_end(u64 began);

/*
 * A struct timespec of the application.  0 with *ns; -EFAULT; -EINVAL when negative or with
 * tv_nsec outside of 0..999999999.  Times beyond 2^63 ns saturate.
 */
long timespec_from_user(u64 addr, u64 *ns);
long timespec_to_user(u64 addr, u64 ns);

/* The deadline that lies ns after now, saturated. */
u64 clock_deadline(u64 ns);

#endif
