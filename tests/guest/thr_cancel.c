/* SPDX-License-Identifier: MIT */
// trap: yes
/* Cancellation: in a sleep, in a read, asynchronous in a loop; clean-up handlers run. */
#include <pthread.h>
#include "t.h"

static int pipe_fds[2];
static volatile int running;

static void clean(void *what) { printf("clean-up %s\n", (char *)what); fflush(stdout); }

static void *sleeper(void *arg)
{
	(void)arg;
	pthread_cleanup_push(clean, "sleep");
	running = 1;
	for (;;)
		sleep(100);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *reader(void *arg)
{
	char c;

	(void)arg;
	pthread_cleanup_push(clean, "read");
	running = 1;
	(void)!read(pipe_fds[0], &c, 1);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *looper(void *arg)
{
	(void)arg;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	running = 1;
	for (;;)
		__asm__ volatile("");
	return NULL;
}

static void run(void *(*fn)(void *))
{
	pthread_t t;
	void *r;

	running = 0;
	CHECK(pthread_create(&t, NULL, fn, NULL) == 0);
	while (!running)
		usleep(1000);
	usleep(5000);
	CHECK(pthread_cancel(t) == 0);
	CHECK(pthread_join(t, &r) == 0);
	printf("cancelled %d\n", r == PTHREAD_CANCELED);
}

int main(void)
{
	CHECK(pipe(pipe_fds) == 0);
	run(sleeper);
	run(reader);
	run(looper);
	return 0;
}
