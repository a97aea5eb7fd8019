/* SPDX-License-Identifier: MIT */
// trap: yes
/* Interval timers: they end waits, repeat, can be asked and stopped; what waits for signals. */
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include "t.h"

static volatile int count, code;

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	count++;
	code = si->si_code;
}

static void once(long usec)
{
	struct itimerval it = { { 0, 0 }, { 0, usec } };

	setitimer(ITIMER_REAL, &it, NULL);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct itimerval it = { { 0, 10000 }, { 0, 20000 } }, old;
	struct timespec ts = { 10, 0 }, rem = { 0, 0 };
	struct timeval tv = { 10, 0 };
	sigset_t set, none, pending;
	siginfo_t si;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	SHOW(sigaction(SIGALRM, &sa, NULL));
	once(20000);
	SHOW(nanosleep(&ts, &rem));
	FACT(rem.tv_sec == 9);
	printf("%d, kernel %d\n", count, code == SI_KERNEL);
	once(20000);
	SHOW(poll(NULL, 0, 10000));
	once(20000);
	SHOW(select(0, NULL, NULL, NULL, &tv));
	printf("%d\n", count);

	/* Blocked: pending until it is waited for. */
	SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
	once(10000);
	ts = (struct timespec){ 0, 40000000 };
	SHOW(nanosleep(&ts, NULL));
	SHOW(sigpending(&pending));
	FACT(sigismember(&pending, SIGALRM));
	printf("%d\n", count);
	SHOW(sigsuspend(&none));
	printf("%d\n", count);
	once(10000);
	SHOW(ppoll(NULL, 0, NULL, &none));
	once(10000);
	SHOW(pselect(0, NULL, NULL, NULL, NULL, &none));
	printf("%d\n", count);
	SHOW(sigprocmask(SIG_BLOCK, NULL, &pending));
	FACT(sigismember(&pending, SIGALRM));
	once(10000);
	SHOW(sigwaitinfo(&set, &si));
	FACT(si.si_signo == SIGALRM && si.si_code == SI_KERNEL);
	ts = (struct timespec){ 0, 1000000 };
	SHOW(sigtimedwait(&set, &si, &ts));
	SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));

	/* Repeating, until stopped. */
	count = 0;
	SHOW(setitimer(ITIMER_REAL, &it, NULL));
	while (count < 4)
		pause();
	SHOW(getitimer(ITIMER_REAL, &old));
	FACT(old.it_interval.tv_usec == 10000 && old.it_value.tv_usec <= 10000);
	it = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	SHOW(setitimer(ITIMER_REAL, &it, &old));
	FACT(old.it_interval.tv_usec == 10000);
	SHOW(getitimer(ITIMER_REAL, &old));
	printf("%ld %ld\n", (long)old.it_value.tv_usec, (long)old.it_interval.tv_usec);
	SHOW(alarm(100));
	FACT(alarm(0) >= 99);
	SHOW(alarm(0));

	/* A program that computes: at the next system call at the latest. */
	count = 0;
	it = (struct itimerval){ { 0, 0 }, { 0, 5000 } };
	SHOW(setitimer(ITIMER_VIRTUAL, &it, NULL));
	SHOW(setitimer(ITIMER_VIRTUAL, &(struct itimerval){ 0 }, NULL));
	sigaction(SIGPROF, &sa, NULL);
	SHOW(setitimer(ITIMER_PROF, &it, NULL));
	while (!count)
		getppid();
	puts("SIGPROF");
	SHOW(setitimer(3, &it, NULL));
	it.it_value.tv_usec = 1000000;
	SHOW(setitimer(ITIMER_REAL, &it, NULL));
	SHOW(getitimer(-1, &old));
	return 0;
}
