/* SPDX-License-Identifier: MIT */
// trap: yes
/* Bad arguments of the calls that are neither files nor memory: errors exactly as Linux's. */
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include "t.h"

#define BAD	8L				/* never mapped */
#define HIGH	((long)0xffff800000000000UL)	/* the kernel's half */
#define HOLE	0x0000900000000000L		/* not canonical */

static long buf[512], zero[64], ones[64];
static const struct timespec half = { 0, 500 }, too_many = { 0, 1000000000 }, negative = { -1, 0 };

static void call6(int line, long n, long a, long b, long c, long d, long e, long f)
{
	long res = syscall(n, a, b, c, d, e, f);

	printf("%d: %s\n", line, res == -1 ? strerror(errno) : "done");
}

#define A(x)			((long)(x))
#define CALL1(n, a)		call6(__LINE__, SYS_##n, A(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b)		call6(__LINE__, SYS_##n, A(a), A(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c)	call6(__LINE__, SYS_##n, A(a), A(b), A(c), 0, 0, 0)
#define CALL4(n, a, b, c, d)	call6(__LINE__, SYS_##n, A(a), A(b), A(c), A(d), 0, 0)

static void each_bad_pointer(long p)
{
	printf("-- pointer %lx\n", p);
	CALL1(uname, p);
	CALL1(sysinfo, p);
	CALL2(getrusage, 0, p);
	CALL1(times, p);
	CALL2(getrlimit, 0, p);
	CALL2(setrlimit, 0, p);
	CALL4(prlimit64, 0, 0, p, 0);
	CALL4(prlimit64, 0, 0, 0, p);
	CALL3(getcpu, p, 0, 0);
	CALL2(clock_gettime, CLOCK_MONOTONIC, p);
	CALL2(clock_getres, CLOCK_MONOTONIC, p);
	CALL2(nanosleep, p, 0);
	CALL4(clock_nanosleep, CLOCK_MONOTONIC, 0, p, 0);
	CALL2(gettimeofday, p, 0);
	CALL2(gettimeofday, 0, p);
	CALL1(time, p);
	CALL2(getitimer, 0, p);
	CALL3(setitimer, 0, p, 0);
	CALL4(rt_sigaction, SIGUSR1, p, 0, 8);
	CALL4(rt_sigaction, SIGUSR1, 0, p, 8);
	CALL4(rt_sigprocmask, SIG_BLOCK, p, 0, 8);
	CALL4(rt_sigprocmask, SIG_BLOCK, 0, p, 8);
	CALL2(rt_sigpending, p, 8);
	CALL4(rt_sigtimedwait, p, 0, &half, 8);
	CALL4(rt_sigtimedwait, zero, 0, p, 8);
	CALL2(rt_sigsuspend, p, 8);
	CALL3(rt_sigqueueinfo, getpid(), 0, p);
	CALL2(sigaltstack, p, 0);
	CALL2(sigaltstack, 0, p);
	CALL3(getrandom, p, 10, 0);
	CALL3(getresuid, p, p, p);
	CALL2(setgroups, 5, p);
	CALL2(capget, p, 0);
	CALL2(sched_getparam, 0, p);
	CALL3(sched_setscheduler, 0, 0, p);
	CALL3(sched_getaffinity, 0, 128, p);
	CALL3(sched_setaffinity, 0, 8, p);
	CALL2(sched_rr_get_interval, 0, p);
	CALL2(prctl, 15 /* PR_SET_NAME */, p);
	CALL2(prctl, 16 /* PR_GET_NAME */, p);
	CALL2(arch_prctl, 0x1003 /* ARCH_GET_FS */, p);
	CALL3(get_robust_list, 0, p, p);
	CALL4(futex, p, 0 /* FUTEX_WAIT */, 0, 0);
}

static void values(void)
{
	puts("-- values");
	CALL2(getrusage, 5, buf);
	CALL2(getrusage, -2, buf);
	CALL2(getrlimit, 16, buf);
	CALL2(clock_gettime, -1, buf);
	CALL2(clock_gettime, 12, buf);
	CALL2(clock_gettime, 10, buf);
	CALL2(clock_gettime, -8L | 2, buf);
	CALL2(clock_gettime, -800000000L | 2, buf);
	CALL2(clock_getres, 77, 0);
	CALL2(clock_getres, CLOCK_BOOTTIME, 0);
	CALL2(nanosleep, &too_many, 0);
	CALL2(nanosleep, &negative, 0);
	CALL4(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &half, 0);
	CALL4(clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &half, 0);
	CALL4(clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &half, 0);
	CALL4(clock_nanosleep, 99, 0, &half, 0);
	CALL4(clock_nanosleep, CLOCK_BOOTTIME, 0, &half, 0);
	CALL4(clock_nanosleep, CLOCK_TAI, 1, &half, 0);
	CALL2(getitimer, 3, buf);
	CALL3(setitimer, 0, ones, 0);
	CALL3(setitimer, 3, zero, 0);
	CALL3(setitimer, 0, 0, buf);
	CALL4(rt_sigaction, 65, 0, buf, 8);
	CALL4(rt_sigaction, -1, 0, buf, 8);
	CALL4(rt_sigaction, SIGSTOP, zero, 0, 8);
	CALL4(rt_sigaction, SIGSTOP, 0, buf, 8);
	CALL4(rt_sigaction, SIGUSR1, 0, 0, 16);
	CALL4(rt_sigprocmask, 3, zero, 0, 8);
	CALL4(rt_sigprocmask, 99, 0, buf, 8);
	CALL4(rt_sigprocmask, 0, 0, 0, 4);
	CALL2(rt_sigpending, buf, 4);
	CALL2(rt_sigpending, buf, 16);
	CALL2(rt_sigsuspend, zero, 4);
	CALL4(rt_sigtimedwait, zero, 0, &half, 4);
	CALL4(rt_sigtimedwait, zero, 0, &too_many, 8);
	CALL4(rt_sigtimedwait, zero, 0, &half, 8);
	CALL3(rt_sigqueueinfo, getpid(), 65, zero);
	CALL4(rt_tgsigqueueinfo, 0, 1, 0, zero);
	CALL3(tgkill, getpid(), getpid(), 65);
	CALL3(tgkill, getpid(), 0, 0);
	CALL3(tgkill, getpid(), 0x3fffffff, 0);
	CALL2(tkill, 0, 0);
	CALL2(kill, 0x3fffffff, 65);
	CALL2(kill, 0, 0);
	CALL3(getrandom, buf, 10, 8);
	CALL3(getrandom, buf, 10, 6);
	CALL3(getrandom, 0, 0, 0);
	CALL3(sched_setscheduler, 0, -1, zero);
	CALL3(sched_setscheduler, -5, 0, zero);
	CALL2(sched_setparam, 0, 0);
	CALL2(sched_getparam, -1, buf);
	CALL1(sched_getscheduler, -1);
	CALL1(sched_getscheduler, 0x3fffffff);
	CALL1(sched_get_priority_min, 6);
	CALL1(sched_get_priority_min, 4);
	CALL3(sched_getaffinity, 0, 12, buf);
	CALL3(sched_getaffinity, 0x3fffffff, 1024, buf);
	CALL3(sched_setaffinity, 0, 0, zero);
	CALL2(getpriority, 3, 0);
	CALL2(getpriority, -1, 0);
	CALL2(getpriority, 0, 0x3fffffff);
	CALL3(setpriority, 3, 0, 0);
	CALL2(ioprio_get, 0, 0);
	CALL2(ioprio_get, 4, 0);
	CALL3(ioprio_set, 1, 0, 4 << 13);
	CALL3(ioprio_set, 1, 0, 2 << 13 | 4);
	CALL2(getgroups, -1, 0);
	CALL2(setpgid, -1, 0);
	CALL2(setpgid, 0, -1);
	CALL1(getpgid, -1);
	CALL1(getsid, -1);
	CALL4(wait4, -1, 0, 64, 0);
	CALL4(waitid, 9, 0, 0, 4);
	CALL4(waitid, 0, 0, 0, 0);
	CALL2(set_robust_list, 0, 0);
	CALL3(get_robust_list, 0x3fffffff, buf, buf);
	CALL2(arch_prctl, 0, 0);
	CALL2(arch_prctl, 0x1002 /* ARCH_SET_FS */, HIGH);
	CALL1(personality, 0xffffffff);
	CALL2(membarrier, 0, 1);
	CALL2(membarrier, 0x40000000, 0);
	CALL3(mlock2, 0, 0, 8);
	CALL1(mlockall, 0);
	CALL1(mlockall, 4);
	CALL1(mlockall, 64);
	CALL4(prlimit64, -1, 0, 0, 0);
	CALL4(prlimit64, 0, 99, 0, 0);
	CALL2(prctl, 1 /* PR_SET_PDEATHSIG */, 65);
	CALL2(prctl, 4 /* PR_SET_DUMPABLE */, 3);
	CALL2(prctl, 8 /* PR_SET_KEEPCAPS */, 2);
	CALL2(prctl, 999, 0);
	CALL1(restart_syscall, 0);
}

int main(void)
{
	memset(ones, 0xff, sizeof(ones));
	each_bad_pointer(BAD);
	each_bad_pointer(HIGH);
	each_bad_pointer(HOLE);
	values();
	return 0;
}
