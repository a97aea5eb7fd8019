/* SPDX-License-Identifier: MIT */
// trap: yes
// cflags: -pthread
/* epoll with threads: who waits is woken, once where that is asked; items and files go away. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include "t.h"

#define WORKERS	4
#define JOBS	400

static int ep, job_fd, done_fd;
static int handled[WORKERS];

static void nap(void)
{
	struct timespec t = { 0, 20000000 };

	nanosleep(&t, NULL);
}

static void add(int set, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &e))
		show_result("epoll_ctl", -1);
}

/* Each waits in the same set for a semaphore that is worth one job. */
static void *worker(void *arg)
{
	int *mine = arg;
	struct epoll_event e;
	eventfd_t v;

	for (;;) {
		if (epoll_wait(ep, &e, 1, -1) != 1)
			return "epoll_wait";
		if (e.data.fd == done_fd)
			return NULL;
		if (eventfd_read(job_fd, &v) == 0)
			++*mine;
	}
}

static void shared_set(void)
{
	pthread_t t[WORKERS];
	int sum = 0, failed = 0;
	void *res;

	job_fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
	done_fd = eventfd(0, 0);
	add(ep, job_fd, EPOLLIN);
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&t[i], NULL, worker, &handled[i]);
	for (int i = 0; i < JOBS; i++) {
		eventfd_write(job_fd, 1);
		if (i % 50 == 0)
			nap();
	}
	nap();
	add(ep, done_fd, EPOLLIN);
	eventfd_write(done_fd, 1);
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(t[i], &res);
		failed += res != NULL;
		sum += handled[i];
	}
	printf("%d jobs, %d failed\n", sum, failed);
	close(job_fd);
	close(done_fd);
}

static void *wait_once(void *arg)
{
	struct epoll_event e = { .data.fd = -1 };
	int n = epoll_wait(*(int *)arg, &e, 1, 5000);

	return (void *)(long)(n == 1 ? e.data.fd : -n - 1);
}

/* The descriptor that is waited for is taken out, closed, added again. */
static void changes(void)
{
	int set = epoll_create1(0), a = eventfd(0, 0), b = eventfd(0, 0);
	pthread_t t;
	void *res;

	add(set, a, EPOLLIN);
	pthread_create(&t, NULL, wait_once, &set);
	nap();
	SHOW(epoll_ctl(set, EPOLL_CTL_DEL, a, NULL));
	SHOW(eventfd_write(a, 1));
	SHOW(close(a));
	add(set, b, EPOLLIN);
	SHOW(eventfd_write(b, 1));
	pthread_join(t, &res);
	FACT((long)res == b);
	SHOW(close(b));
	/* It is ready when it is added. */
	pthread_create(&t, NULL, wait_once, &set);
	nap();
	b = eventfd(1, 0);
	add(set, b, EPOLLIN);
	pthread_join(t, &res);
	FACT((long)res == b);
	/* One that waits in a set inside of a set. */
	a = epoll_create1(0);
	SHOW(eventfd_read(b, &(eventfd_t){ 0 }));
	add(a, set, EPOLLIN);
	pthread_create(&t, NULL, wait_once, &a);
	nap();
	SHOW(eventfd_write(b, 1));
	pthread_join(t, &res);
	FACT((long)res == set);
	close(b);
	close(set);
	close(a);
}

/* The set's own descriptor is closed: the wait goes on until its time is up. */
static void *short_wait(void *arg)
{
	struct epoll_event e;

	return (void *)(long)epoll_wait(*(int *)arg, &e, 1, 60);
}

static void closed_set(void)
{
	int set = epoll_create1(0);
	pthread_t t;
	void *res;

	pthread_create(&t, NULL, short_wait, &set);
	nap();
	SHOW(close(set));
	pthread_join(t, &res);
	printf("%ld\n", (long)res);
}

static int sets[WORKERS];

static void *woken(void *arg)
{
	struct epoll_event e;

	return (void *)(long)epoll_wait(*(int *)arg, &e, 1, 100);
}

/* With EPOLLEXCLUSIVE not all sets are woken, but one of those that are waited in is. */
static void exclusive(bool waited_in_last_alone)
{
	int fd = eventfd(0, 0), n = 0, first = waited_in_last_alone ? WORKERS - 1 : 0;
	pthread_t t[WORKERS];
	void *res;

	for (int i = 0; i < WORKERS; i++) {
		sets[i] = epoll_create1(0);
		add(sets[i], fd, EPOLLIN | EPOLLEXCLUSIVE);
	}
	for (int i = first; i < WORKERS; i++)
		pthread_create(&t[i], NULL, woken, &sets[i]);
	nap();
	eventfd_write(fd, 1);
	for (int i = first; i < WORKERS; i++) {
		pthread_join(t[i], &res);
		n += (long)res == 1;
	}
	printf("woken: %d\n", n);
	for (int i = 0; i < WORKERS; i++)
		close(sets[i]);
	close(fd);
}

int main(void)
{
	ep = epoll_create1(0);
	shared_set();
	changes();
	closed_set();
	exclusive(false);
	exclusive(true);
	return 0;
}
