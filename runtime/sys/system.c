/* SPDX-License-Identifier: MIT */
/* What machine this is: uname, sysinfo, CPU number, resource usage; memory locks. */
#include "sys/system.h"

#include <linux/membarrier.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/utsname.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/about.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define TICK_NS		10000000UL	/* 100 ticks a second: AT_CLKTCK */
#define NS_PER_SEC	1000000000UL

/* The kernel release that programs see: old enough to promise nothing that is missing. */
#define RELEASE		"6.1.0-mvm"

void about_system(struct new_utsname *u)
{
	*u = (struct new_utsname){
		.sysname = "Linux",
		.nodename = "mvm",
		.release = RELEASE,
		.version = "#1 mvm",
		.machine = "x86_64",
		.domainname = "(none)",
	};

	if (boot->hostname_off)
		str_copy(u->nodename, (const char *)boot + boot->hostname_off,
			 sizeof(u->nodename));
}

long sys_uname(u64 buf)
{
	struct new_utsname u;

	about_system(&u);
	return copy_to_user(buf, &u, sizeof(u));
}

long sys_sysinfo(u64 buf)
{
	struct sysinfo s = { .procs = (u16)MIN(threads_alive, 0xffffU), .mem_unit = 1 };
	struct mm_usage m;
	u64 used;

	mm_usage(&m);
	used = m.total - m.free;
	s.uptime = (long)(time_now(CLOCK_BOOTTIME) / NS_PER_SEC);
	s.totalram = boot->ram_max;
	s.freeram = boot->ram_max > used ? boot->ram_max - used : 0;
	return copy_to_user(buf, &s, sizeof(s));
}

long sys_getcpu(u64 cpu, u64 node)
{
	u32 zero = 0;

	if ((cpu && put_user(zero, cpu)) || (node && put_user(zero, node)))
		return -EFAULT;
	return 0;
}

/* getrusage(2).  All time counts as user time: the runtime is part of the program. */
long sys_getrusage(u64 who, u64 buf)
{
	struct rusage u = { 0 };
	struct mm_usage m;
	u64 ns;

	if ((s32)who != RUSAGE_SELF && (s32)who != RUSAGE_CHILDREN && (s32)who != RUSAGE_THREAD)
		return -EINVAL;
	if ((s32)who != RUSAGE_CHILDREN) {
		ns = (s32)who == RUSAGE_THREAD ? clock_thread_ns(current) : clock_cpu_ns();
		u.ru_utime.tv_sec = (long)(ns / NS_PER_SEC);
		u.ru_utime.tv_usec = (long)(ns % NS_PER_SEC / 1000);
		mm_usage(&m);
		u.ru_maxrss = (long)((m.total - m.free) / 1024);
	}
	return copy_to_user(buf, &u, sizeof(u));
}

long sys_times(u64 buf)
{
	struct tms t = { .tms_utime = (long)(clock_cpu_ns() / TICK_NS) };

	if (buf && copy_to_user(buf, &t, sizeof(t)))
		return -EFAULT;
	return (long)(time_now(CLOCK_MONOTONIC) / TICK_NS);
}

/*
 * membarrier(2).  With one vCPU every other thread is stopped while this call runs, so that
 * there is nothing to do; with more there would be, and then it is not here.
 */
long sys_membarrier(u64 cmd, u64 flags)
{
	const int all = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
			MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
			MEMBARRIER_CMD_PRIVATE_EXPEDITED |
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
			MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;

	if (boot->ncpus > 1)
		return -ENOSYS;
	if ((u32)flags)
		return -EINVAL;
	if ((int)cmd == MEMBARRIER_CMD_QUERY)
		return all;
	return (cmd & (cmd - 1)) == 0 && ((int)cmd & all) ? 0 : -EINVAL;
}

/* Guest memory is never swapped out by the guest: locking it is a matter of arguments. */
long sys_mlock2(u64 addr, u64 len, u64 flags)
{
	return (u32)flags & ~MLOCK_ONFAULT ? -EINVAL : sys_mlock(addr, len);
}

long sys_mlockall(u64 flags)
{
	u32 f = (u32)flags;

	return !f || (f & ~(u32)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || f == MCL_ONFAULT ?
	       -EINVAL : 0;
}

long sys_munlockall(void)
{
	return 0;
}
