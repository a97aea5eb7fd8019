/* SPDX-License-Identifier: MIT */
/*
 * The vDSO (vdso(7)): what AT_SYSINFO_EHDR points to.  A shared object of its own, linked
 * separately and embedded in the runtime's text (sys/vdso.S), so that every libc finds time
 * without a system call.  It runs as a part of the application, on its stack.
 */
#include <asm/unistd.h>
#include <linux/time.h>

#include "sys/vvar.h"

#define EXPORT		__attribute__((visibility("default")))
#define NS_PER_SEC	1000000000UL
#ifndef CLOCK_TAI
#define CLOCK_TAI	11
#endif

struct getcpu_cache;

/*
 * The two addresses in the runtime that this object needs.  It has no relocations that anyone
 * would process: sys/vdso.S puts them in place of these words when the runtime is linked.
 */
extern const struct {
	const struct vvar *vvar;
	long (*call)(long n, long a1, long a2, long a3, long a4, long a5, long a6);
} vdso_links __attribute__((visibility("hidden")));

__asm__(".pushsection .links, \"a\"\n"
	".hidden vdso_links\n"
	".globl vdso_links\n"
	"vdso_links: .quad 0, 0\n"
	".popsection");

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts) EXPORT;
int __vdso_clock_getres(int clock, struct __kernel_timespec *ts) EXPORT;
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz) EXPORT;
long __vdso_time(long *t) EXPORT;
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused) EXPORT;

/* The runtime knows what the parameters do not tell: not calibrated yet, or too old. */
static long call(long n, long a1, long a2)
{
	return vdso_links.call(n, a1, a2, 0, 0, 0, 0);
}

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts)
{
	uint64_t ns, real_off, boot_off;

	/* One test for all the clocks that are answered here. */
	if ((unsigned int)clock > CLOCK_TAI || clock == CLOCK_PROCESS_CPUTIME_ID ||
	    clock == CLOCK_THREAD_CPUTIME_ID ||
	    !vvar_read(vdso_links.vvar, &ns, &real_off, &boot_off))
		return (int)call(__NR_clock_gettime, clock, (long)ts);
	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		break;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		ns += real_off;
		break;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		ns += boot_off;
		break;
	default:
		return (int)call(__NR_clock_gettime, clock, (long)ts);
	}
	ts->tv_sec = (long)(ns / NS_PER_SEC);
	ts->tv_nsec = (long)(ns % NS_PER_SEC);
	return 0;
}

int __vdso_clock_getres(int clock, struct __kernel_timespec *ts)
{
	return (int)call(__NR_clock_getres, clock, (long)ts);
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	uint64_t ns, real_off, boot_off;

	if (tz || !vvar_read(vdso_links.vvar, &ns, &real_off, &boot_off))
		return (int)call(__NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		ns += real_off;
		tv->tv_sec = (long)(ns / NS_PER_SEC);
		tv->tv_usec = (long)(ns % NS_PER_SEC / 1000);
	}
	return 0;
}

long __vdso_time(long *t)
{
	uint64_t ns, real_off, boot_off;

	if (!vvar_read(vdso_links.vvar, &ns, &real_off, &boot_off))
		return call(__NR_time, (long)t, 0);
	ns = (ns + real_off) / NS_PER_SEC;
	if (t)
		*t = (long)ns;
	return (long)ns;
}

/* One vCPU: number 0 of node 0. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused)
{
	(void)unused;
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}
