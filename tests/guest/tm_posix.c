/* SPDX-License-Identifier: MIT */
// trap: yes
/* POSIX timers: their signals and values, overruns, absolute ones, processor time, errors. */
#include <sys/time.h>
#include <time.h>
#include "t.h"

#define MS 1000000L

static volatile int count, code, value, overrun, id_seen;

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	count++;
	code = si->si_code;
	value = si->si_value.sival_int;
	overrun = si->si_overrun;
	id_seen = si->si_timerid;
}

/* The system calls: libc's timer_t is not always the kernel's number. */
static int create(int clock, int notify, int signo, int val)
{
	struct sigevent e = { .sigev_notify = notify, .sigev_signo = signo,
			      .sigev_value.sival_int = val };
	int id = -1;

	return syscall(SYS_timer_create, clock, &e, &id) ? -1 : id;
}

static int set(int id, int flags, long first_ns, long interval_ns)
{
	struct itimerspec it = {
		.it_value = { first_ns / 1000000000, first_ns % 1000000000 },
		.it_interval = { interval_ns / 1000000000, interval_ns % 1000000000 },
	};

	return syscall(SYS_timer_settime, id, flags, &it, NULL);
}

static void get(int id, struct itimerspec *it)
{
	SHOW(syscall(SYS_timer_gettime, id, it));
}

static long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void nap(long ns)
{
	struct timespec t = { 0, ns };

	while (nanosleep(&t, &t))
		;
}

static void errors(void)
{
	struct sigevent bad = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0 };
	struct itimerspec it = { .it_value = { 1, 1000000000 } };
	int id;

	SHOW(create(CLOCK_MONOTONIC, 9, SIGUSR1, 0));
	SHOW(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65, 0));
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &bad, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, 8, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8));
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, NULL, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &id));
	SHOW(syscall(SYS_timer_create, 55, NULL, &id));
	/* To a thread that is not there. */
	SHOW(create(CLOCK_MONOTONIC, SIGEV_SIGNAL | SIGEV_THREAD_ID, SIGUSR1, 0));
	SHOW(set(12345, 0, MS, 0));
	SHOW(syscall(SYS_timer_gettime, 12345, &it));
	SHOW(syscall(SYS_timer_getoverrun, 12345));
	SHOW(syscall(SYS_timer_delete, 12345));
	SHOW(syscall(SYS_timer_delete, -1));
	id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
	SHOW(syscall(SYS_timer_settime, id, 0, NULL, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, 8, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	SHOW(syscall(SYS_timer_gettime, id, 8));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_delete, id));
}

static void once(void)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 42);
	struct itimerspec it;

	get(id, &it);
	printf("%ld %ld\n", (long)it.it_value.tv_sec, it.it_value.tv_nsec);
	SHOW(set(id, 0, 10 * MS, 0));
	while (!count)
		nap(MS);
	printf("%d code %d value %d overrun %d ours %d\n", count, code, value, overrun,
	       id_seen == id);
	get(id, &it);
	printf("%ld %ld\n", (long)it.it_value.tv_sec, it.it_value.tv_nsec);
	SHOW(syscall(SYS_timer_getoverrun, id));
	/* Stopped, and set to a time in the past. */
	SHOW(set(id, 0, 10000 * MS, 0));
	SHOW(set(id, 0, 0, 0));
	printf("%d\n", count);
	SHOW(set(id, TIMER_ABSTIME, now(CLOCK_MONOTONIC) - MS, 0));
	nap(MS);
	printf("%d\n", count);
	SHOW(syscall(SYS_timer_delete, id));
}

static void no_event(void)
{
	sigset_t alrm;
	siginfo_t si;
	int id;

	sigemptyset(&alrm);
	sigaddset(&alrm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alrm, NULL);
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &id));
	SHOW(set(id, TIMER_ABSTIME, now(CLOCK_REALTIME) + 10 * MS, 0));
	SHOW(sigwaitinfo(&alrm, &si));
	FACT(si.si_value.sival_int == id);
	printf("%d %d\n", si.si_code, si.si_overrun);
	SHOW(syscall(SYS_timer_delete, id));
}

/* While the signal is blocked it is pending once, and the rest is counted. */
static void overruns(void)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 7);
	int other = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 8);
	struct timespec none = { 0, 0 };
	struct itimerspec it;
	sigset_t usr2;
	siginfo_t si;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	SHOW(set(id, 0, 10 * MS, 10 * MS));
	nap(75 * MS);
	get(id, &it);
	FACT(it.it_value.tv_nsec > 0 && it.it_value.tv_nsec <= 10 * MS);
	SHOW(set(other, 0, MS, 0));
	nap(5 * MS);
	/* Two timers with the same signal do not lose one. */
	SHOW(sigtimedwait(&usr2, &si, &none));
	printf("%d value %d\n", si.si_code, si.si_value.sival_int);
	FACT(si.si_overrun >= 6);
	FACT(syscall(SYS_timer_getoverrun, id) == si.si_overrun);
	SHOW(sigtimedwait(&usr2, &si, &none));
	printf("%d value %d overrun %d\n", si.si_code, si.si_value.sival_int, si.si_overrun);
	SHOW(sigwaitinfo(&usr2, &si));
	FACT(si.si_value.sival_int == 7);
	SHOW(set(id, 0, 0, 0));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_delete, other));
}

static void silent(void)
{
	int id = create(CLOCK_BOOTTIME, SIGEV_NONE, 0, 0);
	struct itimerspec it;

	SHOW(set(id, 0, 5 * MS, 0));
	nap(10 * MS);
	get(id, &it);
	printf("%ld %ld\n", (long)it.it_value.tv_sec, it.it_value.tv_nsec);
	SHOW(set(id, 0, 5 * MS, 1000 * MS));
	nap(10 * MS);
	get(id, &it);
	FACT(it.it_value.tv_sec == 0 && it.it_value.tv_nsec > 0);
	SHOW(syscall(SYS_timer_delete, id));
}

/* Processor time does not pass in sleep. */
static void cpu(void)
{
	int id = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 9);

	count = 0;
	SHOW(set(id, 0, 200 * MS, 0));
	nap(300 * MS);
	printf("%d\n", count);
	while (!count)
		;
	printf("%d value %d\n", count, value);
	SHOW(syscall(SYS_timer_delete, id));
}

/* To this thread alone. */
static void directed(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL | SIGEV_THREAD_ID,
			      .sigev_signo = SIGUSR1, .sigev_value.sival_int = 11 };
	int id;

	count = 0;
	((int *)&e)[4] = syscall(SYS_gettid);
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id) ? -1 : 0);
	SHOW(set(id, 0, 5 * MS, 0));
	while (!count)
		nap(MS);
	printf("%d code %d value %d\n", count, code, value);
	SHOW(syscall(SYS_timer_delete, id));
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	errors();
	once();
	no_event();
	overruns();
	silent();
	cpu();
	directed();
	return 0;
}
