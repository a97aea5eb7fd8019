/* SPDX-License-Identifier: MIT */
// trap: yes
/* Signals and threads: masks and handlers of each, pthread_kill, sigwait, who takes a shared. */
#include <pthread.h>
#include <signal.h>
#include "t.h"

static pthread_t handled_by;
static volatile sig_atomic_t count;
static volatile int ready;

static void handler(int sig)
{
	(void)sig;
	handled_by = pthread_self();
	count++;
}

static void *spinner(void *arg)
{
	ready = 1;
	while (!count)
		;
	return arg;
}

static void *sleeper(void *arg)
{
	ready = 1;
	while (!count)
		pause();
	return arg;
}

static void *waiter(void *arg)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	ready = 1;
	CHECK(sigwait(&set, &sig) == 0);
	printf("sigwait %d\n", sig == SIGUSR2);
	return arg;
}

static pthread_t start(void *(*fn)(void *))
{
	pthread_t t;

	ready = count = 0;
	CHECK(pthread_create(&t, NULL, fn, NULL) == 0);
	while (!ready)
		usleep(1000);
	usleep(5000);
	return t;
}

int main(void)
{
	struct sigaction sa = { .sa_handler = handler };
	sigset_t usr1, usr2;
	pthread_t t;

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);

	t = start(spinner);
	CHECK(pthread_kill(t, SIGUSR1) == 0);
	pthread_join(t, NULL);
	printf("to a spinning thread: %d\n", pthread_equal(handled_by, t) != 0);

	t = start(sleeper);
	CHECK(pthread_kill(t, SIGUSR1) == 0);
	pthread_join(t, NULL);
	printf("to a sleeping thread: %d\n", pthread_equal(handled_by, t) != 0);

	/* Blocked here: the other thread takes it. */
	t = start(sleeper);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	kill(getpid(), SIGUSR1);
	pthread_join(t, NULL);
	printf("to the process: %d\n", pthread_equal(handled_by, t) != 0);
	pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);

	pthread_sigmask(SIG_BLOCK, &usr2, NULL);
	t = start(waiter);
	kill(getpid(), SIGUSR2);
	pthread_join(t, NULL);
	printf("no such signal: %d\n", pthread_kill(pthread_self(), 65));
	return 0;
}
