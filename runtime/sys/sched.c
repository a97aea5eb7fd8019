/* SPDX-License-Identifier: MIT */
/*
 * Scheduling parameters of threads.  They take turns whatever these say, and the host schedules the
 * VM: policies, priorities and affinity are checked as Linux checks them, kept, and without effect.
 */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/syscalls.h"

#define RT_PRIORITY_MAX		99
#define SLICE_RR_NS		100000000L
#define SLICE_OTHER_NS		4000000L
#define IOPRIO_CLASS_SHIFT	13
#define IOPRIO_CLASS_RT		1
#define IOPRIO_CLASS_IDLE	3
#define IOPRIO_WHO_PROCESS	1
#define IOPRIO_WHO_USER		3
#define KEEP_POLICY		-1

/* Whom pid means; *t, NULL on error.  0, -EINVAL (negative), -ESRCH. */
static long find_thread(u64 pid, struct thread **t)
{
	*t = NULL;
	if ((s32)pid < 0)
		return -EINVAL;
	*t = (s32)pid ? thread_by_tid((s32)pid) : current;
	return *t ? 0 : -ESRCH;
}

static bool is_realtime(s32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* May the current thread give it these?  0, -EINVAL, -EPERM. */
static long check_params(const struct sched_params *old, s32 policy, s32 priority, s32 nice)
{
	if (is_realtime(policy) ? priority < 1 || priority > RT_PRIORITY_MAX :
	    (policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE) || priority)
		return -EINVAL;
	if ((is_realtime(policy) || nice < old->nice) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

/* policy: KEEP_POLICY keeps it. */
static long set_scheduler(u64 pid, s32 policy, u64 param)
{
	struct thread *t;
	s32 priority;
	long err;

	if ((s32)pid < 0 || !param)
		return -EINVAL;
	if (get_user(priority, param))
		return -EFAULT;
	err = find_thread(pid, &t);
	if (err)
		return err;
	if (policy == KEEP_POLICY)
		policy = t->sched.policy;
	err = check_params(&t->sched, policy, priority, t->sched.nice);
	if (err)
		return err;
	t->sched.policy = policy;
	t->sched.priority = priority;
	return 0;
}

long sys_sched_setparam(u64 pid, u64 param)
{
	return set_scheduler(pid, KEEP_POLICY, param);
}

long sys_sched_setscheduler(u64 pid, u64 policy, u64 param)
{
	s32 p = (s32)policy & ~SCHED_RESET_ON_FORK;

	return (s32)policy < 0 ? -EINVAL : set_scheduler(pid, p, param);
}

long sys_sched_getparam(u64 pid, u64 param)
{
	struct thread *t;
	long err = param ? find_thread(pid, &t) : -EINVAL;

	return err ? err : put_user(t->sched.priority, param);
}

long sys_sched_getscheduler(u64 pid)
{
	struct thread *t;
	long err = find_thread(pid, &t);

	return err ? err : t->sched.policy;
}

/* ---- sched_setattr(2), sched_getattr(2) ---- */

/* The program's structure, of the size that it says it has. */
static long get_attr(u64 addr, struct sched_attr *a)
{
	const u32 known = sizeof(*a);
	u32 size;
	u8 beyond;

	if (get_user(size, addr))
		return -EFAULT;
	size = size ? size : SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > MVM_PAGE_SIZE)
		goto too_big;
	*a = (struct sched_attr){ 0 };
	if (copy_from_user(a, addr, MIN(size, known)))
		return -EFAULT;
	/* From a later version, but nothing of it is used. */
	for (u32 at = known; at < size; at++) {
		if (get_user(beyond, addr + at))
			return -EFAULT;
		if (beyond)
			goto too_big;
	}
	if (a->sched_flags & SCHED_FLAG_UTIL_CLAMP && size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	a->sched_nice = MAX(-20, MIN(19, a->sched_nice));
	return 0;
too_big:
	return put_user(known, addr) ? -EFAULT : -E2BIG;
}

long sys_sched_setattr(u64 pid, u64 addr, u64 flags)
{
	struct sched_attr a;
	struct thread *t;
	s32 policy, nice;
	long err;

	if (!addr || (s32)pid < 0 || (u32)flags)
		return -EINVAL;
	err = get_attr(addr, &a);
	if (err)
		return err;
	policy = (s32)a.sched_policy;
	if (policy < 0)
		return -EINVAL;
	err = find_thread(pid, &t);
	if (err)
		return err;
	if (a.sched_flags & SCHED_FLAG_KEEP_POLICY)
		policy = t->sched.policy;
	if (a.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
		a.sched_nice = t->sched.nice;
		a.sched_priority = (u32)t->sched.priority;
	}
	if (a.sched_flags & ~(u64)SCHED_FLAG_ALL)
		return -EINVAL;
	nice = is_realtime(policy) ? t->sched.nice : a.sched_nice;
	err = check_params(&t->sched, policy, (s32)a.sched_priority, nice);
	if (err)
		return err;
	if (a.sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return -EOPNOTSUPP;
	t->sched.policy = policy;
	t->sched.priority = (s32)a.sched_priority;
	t->sched.nice = nice;
	return 0;
}

long sys_sched_getattr(u64 pid, u64 addr, u64 size64, u64 flags)
{
	u32 size = (u32)size64;
	struct sched_attr a = { 0 };
	struct thread *t;
	long err;

	if (!addr || (s32)pid < 0 || size > MVM_PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 ||
	    (u32)flags)
		return -EINVAL;
	err = find_thread(pid, &t);
	if (err)
		return err;
	a.size = MIN(size, (u32)sizeof(a));
	a.sched_policy = (u32)t->sched.policy;
	if (is_realtime(t->sched.policy))
		a.sched_priority = (u32)t->sched.priority;
	else
		a.sched_nice = t->sched.nice;
	return copy_to_user(addr, &a, a.size);
}

/* ---- bounds, slices, affinity ---- */

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
	struct __kernel_timespec slice = { 0 };
	struct thread *t;
	long err = find_thread(pid, &t);

	if (err)
		return err;
	if (t->sched.policy == SCHED_RR)
		slice.tv_nsec = SLICE_RR_NS;
	else if (t->sched.policy != SCHED_FIFO)
		slice.tv_nsec = SLICE_OTHER_NS;
	return copy_to_user(ts, &slice, sizeof(slice));
}

static u64 all_cpus(void)
{
	return boot->ncpus >= 64 ? ~0UL : (1UL << boot->ncpus) - 1;
}

long sys_sched_setaffinity(u64 pid, u64 size, u64 mask)
{
	struct thread *t;
	u64 cpus = 0;

	if (copy_from_user(&cpus, mask, MIN((u64)(u32)size, sizeof(cpus))))
		return -EFAULT;
	if (find_thread(pid, &t))
		return -ESRCH;
	if (!(cpus & all_cpus()))
		return -EINVAL;
	t->sched.cpus = cpus & all_cpus();
	return 0;
}

/* sched_getaffinity(2), the system call: returns the bytes written, the kernel's mask size. */
long sys_sched_getaffinity(u64 pid, u64 size, u64 mask)
{
	struct thread *t;
	u64 cpus;

	if ((u32)size < sizeof(cpus) || (u32)size % sizeof(u64))
		return -EINVAL;
	if (find_thread(pid, &t))
		return -ESRCH;
	cpus = t->sched.cpus ? t->sched.cpus : all_cpus();
	return put_user(cpus, mask) ? -EFAULT : (long)sizeof(cpus);
}

/* ---- nice values, I/O priorities ---- */

/*
 * Whom getpriority(2) and ioprio_get(2) mean: one thread, or all (*t NULL) by the group or the
 * user.  0 names the caller's in each way.  0, -ESRCH.
 */
static long find_who(bool one, bool user, u64 who, struct thread **t)
{
	*t = NULL;
	if (one)
		return find_thread(who, t) ? -ESRCH : 0;
	if (user)
		return !(u32)who || (u32)who == creds.uid.r ? 0 : -ESRCH;
	return !(s32)who || (s32)who == PROCESS_ID ? 0 : -ESRCH;
}

/* getpriority(2), the system call: 20 - nice, so that it is never negative; of several the best. */
long sys_getpriority(u64 which, u64 who)
{
	struct thread *t, *each;
	s32 best = 19;
	long err;

	if ((u32)which > PRIO_USER)
		return -EINVAL;
	err = find_who(which == PRIO_PROCESS, which == PRIO_USER, who, &t);
	if (err)
		return err;
	for_each_thread(each)
		if (!t || each == t)
			best = MIN(best, each->sched.nice);
	return 20 - best;
}

long sys_setpriority(u64 which, u64 who, u64 nice)
{
	s32 n = MAX(-20, MIN(19, (s32)nice));
	struct thread *t, *each;
	long err;

	if ((u32)which > PRIO_USER)
		return -EINVAL;
	err = find_who(which == PRIO_PROCESS, which == PRIO_USER, who, &t);
	if (err)
		return err;
	for_each_thread(each) {
		if (t && each != t)
			continue;
		if (n < each->sched.nice && !capable(CAP_SYS_NICE))
			err = -EACCES;
		else
			each->sched.nice = n;
	}
	return err;
}

long sys_ioprio_get(u64 which, u64 who)
{
	struct thread *t;
	long err;

	if ((s32)which < IOPRIO_WHO_PROCESS || (s32)which > IOPRIO_WHO_USER)
		return -EINVAL;
	err = find_who(which == IOPRIO_WHO_PROCESS, which == IOPRIO_WHO_USER, who, &t);
	return err ? err : (t ? t : current)->sched.ioprio;
}

long sys_ioprio_set(u64 which, u64 who, u64 prio)
{
	s32 class = (s32)prio >> IOPRIO_CLASS_SHIFT;
	struct thread *t, *each;
	long err;

	if (class < 0 || class > IOPRIO_CLASS_IDLE)
		return -EINVAL;
	if (class == IOPRIO_CLASS_RT && !capable(CAP_SYS_NICE))
		return -EPERM;
	if ((s32)which < IOPRIO_WHO_PROCESS || (s32)which > IOPRIO_WHO_USER)
		return -EINVAL;
	err = find_who(which == IOPRIO_WHO_PROCESS, which == IOPRIO_WHO_USER, who, &t);
	if (err)
		return err;
	for_each_thread(each)
		if (!t || each == t)
			each->sched.ioprio = (s32)prio;
	return 0;
}
