/* SPDX-License-Identifier: MIT */
/*
 * Scheduling parameters.  There is one thread and the host schedules it: policies, priorities
 * and affinity are checked as Linux checks them, kept, and without effect.
 */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time.h>

#include "mm/mm.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/syscalls.h"

#define RT_PRIORITY_MAX		99
#define SLICE_RR_NS		100000000L
#define SLICE_OTHER_NS		4000000L
#define IOPRIO_CLASS_SHIFT	13
#define IOPRIO_CLASS_RT		1
#define IOPRIO_CLASS_IDLE	3
#define IOPRIO_WHO_USER		3

static struct {
	s32 policy;
	s32 priority;
	s32 nice;
	s32 ioprio;
	u64 cpus;		/* affinity; 0: not set, all of them */
} sched;

static long check_pid(u64 pid)
{
	if ((s32)pid < 0)
		return -EINVAL;
	return pid_is_self(pid) ? 0 : -ESRCH;
}

static bool is_realtime(s32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

long sys_sched_yield(void)
{
	return 0;
}

static long set_scheduler(u64 pid, s32 policy, u64 param)
{
	s32 priority;
	long err;

	if ((s32)pid < 0 || !param)
		return -EINVAL;
	if (get_user(priority, param))
		return -EFAULT;
	err = check_pid(pid);
	if (err)
		return err;
	if (is_realtime(policy) ? priority < 1 || priority > RT_PRIORITY_MAX :
	    (policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE) || priority)
		return -EINVAL;
	if (is_realtime(policy) && !capable(CAP_SYS_NICE))
		return -EPERM;
	sched.policy = policy;
	sched.priority = priority;
	return 0;
}

long sys_sched_setparam(u64 pid, u64 param)
{
	return set_scheduler(pid, sched.policy, param);
}

long sys_sched_setscheduler(u64 pid, u64 policy, u64 param)
{
	s32 p = (s32)policy & ~SCHED_RESET_ON_FORK;

	return (s32)policy < 0 ? -EINVAL : set_scheduler(pid, p, param);
}

long sys_sched_getparam(u64 pid, u64 param)
{
	long err = param ? check_pid(pid) : -EINVAL;

	return err ? err : put_user(sched.priority, param);
}

long sys_sched_getscheduler(u64 pid)
{
	long err = check_pid(pid);

	return err ? err : sched.policy;
}

static long priority_bound(s32 policy, long realtime, long other)
{
	if (is_realtime(policy))
		return realtime;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE ? other : -EINVAL;
}

long sys_sched_get_priority_max(u64 policy)
{
	return priority_bound((s32)policy, RT_PRIORITY_MAX, 0);
}

long sys_sched_get_priority_min(u64 policy)
{
	return priority_bound((s32)policy, 1, 0);
}

long sys_sched_rr_get_interval(u64 pid, u64 ts)
{
	struct __kernel_timespec t = { 0 };
	long err = check_pid(pid);

	if (err)
		return err;
	if (sched.policy == SCHED_RR)
		t.tv_nsec = SLICE_RR_NS;
	else if (sched.policy != SCHED_FIFO)
		t.tv_nsec = SLICE_OTHER_NS;
	return copy_to_user(ts, &t, sizeof(t));
}

static u64 all_cpus(void)
{
	return boot->ncpus >= 64 ? ~0UL : (1UL << boot->ncpus) - 1;
}

long sys_sched_setaffinity(u64 pid, u64 size, u64 mask)
{
	u64 cpus = 0;

	if (copy_from_user(&cpus, mask, MIN((u64)(u32)size, sizeof(cpus))))
		return -EFAULT;
	if (!pid_is_self(pid))
		return -ESRCH;
	if (!(cpus & all_cpus()))
		return -EINVAL;
	sched.cpus = cpus & all_cpus();
	return 0;
}

/* sched_getaffinity(2), the system call: returns the bytes written, the kernel's mask size. */
long sys_sched_getaffinity(u64 pid, u64 size, u64 mask)
{
	u64 cpus = sched.cpus ? sched.cpus : all_cpus();

	if ((u32)size < sizeof(cpus) || (u32)size % sizeof(u64))
		return -EINVAL;
	if (!pid_is_self(pid))
		return -ESRCH;
	return put_user(cpus, mask) ? -EFAULT : (long)sizeof(cpus);
}

/* Is the one process meant?  0 names it in each way; a user is named by a number. */
static long check_who(u64 which, u64 who)
{
	switch ((s32)which) {
	case PRIO_PROCESS:
	case PRIO_PGRP:
		return pid_is_self(who) ? 0 : -ESRCH;
	case PRIO_USER:
		return !(u32)who || (u32)who == creds.uid.r ? 0 : -ESRCH;
	}
	return -EINVAL;
}

/* getpriority(2), the system call: 20 - nice, so that it is never negative. */
long sys_getpriority(u64 which, u64 who)
{
	long err = check_who(which, who);

	return err ? err : 20 - sched.nice;
}

long sys_setpriority(u64 which, u64 who, u64 nice)
{
	s32 n = MAX(-20, MIN(19, (s32)nice));
	long err = check_who(which, who);

	if (err)
		return err;
	if (n < sched.nice && !capable(CAP_SYS_NICE))
		return -EACCES;
	sched.nice = n;
	return 0;
}

long sys_ioprio_get(u64 which, u64 who)
{
	(void)who;
	return (s32)which < 1 || (s32)which > IOPRIO_WHO_USER ? -EINVAL : sched.ioprio;
}

long sys_ioprio_set(u64 which, u64 who, u64 prio)
{
	s32 class = (s32)prio >> IOPRIO_CLASS_SHIFT;

	(void)who;
	if ((s32)which < 1 || (s32)which > IOPRIO_WHO_USER ||
	    class < 0 || class > IOPRIO_CLASS_IDLE)
		return -EINVAL;
	if (class == IOPRIO_CLASS_RT && !capable(CAP_SYS_NICE))
		return -EPERM;
	sched.ioprio = (s32)prio;
	return 0;
}
