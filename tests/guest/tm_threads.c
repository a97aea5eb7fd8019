/* SPDX-License-Identifier: MIT */
// trap: yes
// cflags: -pthread
/*
 * Timers and signals among threads: a timer reaches the thread that waits for it while another
 * computes, a signal the thread it was sent to, and each has its own processor time and parameters.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include "t.h"

#define MS 1000000L

static volatile int flag, caught_by, caught_value;

static int my_tid(void)
{
	return syscall(SYS_gettid);
}

static void nap(long ns)
{
	struct timespec t = { 0, ns };

	while (nanosleep(&t, &t))
		;
}

static long cpu_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void spin_until_flag(void)
{
	while (!flag)
		;
}

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	caught_by = my_tid();
	caught_value = si->si_value.sival_int;
	flag = 1;
}

/* ---- a timerfd wakes its reader although another thread never sleeps ---- */

static void *read_timer(void *arg)
{
	uint64_t n = 0;

	if (read(*(int *)arg, &n, sizeof(n)) != sizeof(n))
		n = 0;
	flag = 1;
	return (void *)(long)n;
}

static void while_one_computes(void)
{
	struct itimerspec it = { .it_value = { 0, 30 * MS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	pthread_t t;
	void *n;

	flag = 0;
	pthread_create(&t, NULL, read_timer, &fd);
	timerfd_settime(fd, 0, &it, NULL);
	spin_until_flag();
	pthread_join(t, &n);
	printf("timerfd: %ld\n", (long)n);
	close(fd);
}

/* ---- SIGEV_THREAD, as libc makes it ---- */

static void notify(union sigval v)
{
	caught_value = v.sival_int;
	flag = 1;
}

static void by_libc(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify,
			      .sigev_value.sival_int = 31 };
	struct itimerspec it = { .it_value = { 0, 10 * MS } };
	timer_t id;

	flag = 0;
	SHOW(timer_create(CLOCK_MONOTONIC, &e, &id));
	SHOW(timer_settime(id, 0, &it, NULL));
	spin_until_flag();
	printf("SIGEV_THREAD: %d\n", caught_value);
	SHOW(timer_delete(id));
}

/* ---- to one thread ---- */

static pthread_barrier_t ready;
static int other_tid;

static void *wait_in_pause(void *arg)
{
	(void)arg;
	other_tid = my_tid();
	pthread_barrier_wait(&ready);
	while (!flag)
		nap(MS);
	return NULL;
}

static void directed(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL | 4 /* SIGEV_THREAD_ID */,
			      .sigev_signo = SIGUSR1, .sigev_value.sival_int = 5 };
	struct itimerspec it = { .it_value = { 0, 10 * MS } };
	pthread_t t;
	int id;

	flag = 0;
	pthread_create(&t, NULL, wait_in_pause, NULL);
	pthread_barrier_wait(&ready);
	((int *)&e)[4] = other_tid;
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id) ? -1 : 0);
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	spin_until_flag();
	FACT(caught_by == other_tid);
	printf("%d\n", caught_value);
	pthread_join(t, NULL);
	/* The thread is gone: nothing happens. */
	flag = 0;
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	nap(20 * MS);
	printf("%d\n", flag);
	SHOW(syscall(SYS_timer_delete, id));
}

/* ---- signalfd, sigwaitinfo ---- */

static sigset_t usr2;

static void *read_signal(void *arg)
{
	struct signalfd_siginfo s = { 0 };

	other_tid = my_tid();
	pthread_barrier_wait(&ready);
	if (read(*(int *)arg, &s, sizeof(s)) != sizeof(s))
		return NULL;
	return (void *)(long)s.ssi_signo;
}

static void *wait_signal(void *arg)
{
	siginfo_t si;

	(void)arg;
	pthread_barrier_wait(&ready);
	return (void *)(long)sigwaitinfo(&usr2, &si);
}

static void signals(void)
{
	int fd = signalfd(-1, &usr2, 0), mine = signalfd(-1, &usr2, SFD_NONBLOCK);
	struct signalfd_siginfo s;
	pthread_t t;
	void *got;

	pthread_create(&t, NULL, read_signal, &fd);
	pthread_barrier_wait(&ready);
	nap(10 * MS);
	kill(getpid(), SIGUSR2);
	pthread_join(t, &got);
	printf("signalfd: %ld\n", (long)got);
	/* One that was sent to another thread is not this one's to read. */
	pthread_create(&t, NULL, read_signal, &fd);
	pthread_barrier_wait(&ready);
	nap(10 * MS);
	raise(SIGUSR2);
	SHOW(read(mine, &s, sizeof(s)));
	SHOW(syscall(SYS_tgkill, getpid(), other_tid, SIGUSR2));
	SHOW(read(mine, &s, sizeof(s)));
	pthread_join(t, &got);
	printf("signalfd: %ld\n", (long)got);
	pthread_create(&t, NULL, wait_signal, NULL);
	pthread_barrier_wait(&ready);
	nap(10 * MS);
	kill(getpid(), SIGUSR2);
	pthread_join(t, &got);
	printf("sigwaitinfo: %ld\n", (long)got);
	close(fd);
}

/* ---- processor time ---- */

static void *spin_a_while(void *arg)
{
	struct rusage u;

	(void)arg;
	while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < 300 * MS)
		;
	getrusage(RUSAGE_THREAD, &u);
	return (void *)(long)(u.ru_utime.tv_usec + u.ru_stime.tv_usec >= 250000 ||
			      u.ru_utime.tv_sec + u.ru_stime.tv_sec);
}

static void processor_time(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
			      .sigev_value.sival_int = 77 };
	struct itimerspec it = { .it_value = { 0, 200 * MS } };
	pthread_t t;
	void *res;
	int id;

	flag = 0;
	SHOW(syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &e, &id) ? -1 : 0);
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	pthread_create(&t, NULL, spin_a_while, NULL);
	pthread_join(t, &res);
	/* That was the other thread's time. */
	printf("%d %ld\n", flag, (long)res);
	spin_until_flag();
	printf("%d\n", caught_value);
	FACT(cpu_ns(CLOCK_PROCESS_CPUTIME_ID) >= 500 * MS);
	SHOW(syscall(SYS_timer_delete, id));
}

/* ---- what each has for itself ---- */

static void *parameters(void *arg)
{
	char name[16];

	(void)arg;
	prctl(PR_GET_NAME, name);
	printf("'%s'\n", name);
	SHOW(prctl(PR_SET_NAME, "other"));
	SHOW(setpriority(PRIO_PROCESS, my_tid(), 5));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 1234));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 0));
	SHOW(prctl(PR_GET_TIMERSLACK));
	other_tid = my_tid();
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&ready);
	return NULL;
}

static void own_things(void)
{
	struct rlimit lim;
	char name[16];
	pthread_t t;

	prctl(PR_SET_NAME, "first");
	SHOW(prctl(PR_SET_TIMERSLACK, 77000));
	pthread_create(&t, NULL, parameters, NULL);
	pthread_barrier_wait(&ready);
	prctl(PR_GET_NAME, name);
	printf("'%s'\n", name);
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(getpriority(PRIO_PROCESS, other_tid));
	SHOW(sched_getscheduler(other_tid));
	SHOW(getpgid(other_tid) == getpgid(0));
	SHOW(syscall(SYS_prlimit64, other_tid, RLIMIT_NOFILE, NULL, &lim));
	SHOW(syscall(SYS_prlimit64, 999999, RLIMIT_NOFILE, NULL, &lim));
	pthread_barrier_wait(&ready);
	pthread_join(t, NULL);
	SHOW(syscall(SYS_sched_getscheduler, other_tid));
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &usr2, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	pthread_barrier_init(&ready, NULL, 2);
	while_one_computes();
	by_libc();
	directed();
	signals();
	processor_time();
	own_things();
	return 0;
}
