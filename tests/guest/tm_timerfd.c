/* SPDX-License-Identifier: MIT */
// trap: yes
/* timerfd: once, again and again, absolute, asked, waited for in every way; what is an error. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include "t.h"

#define MS 1000000L

static int set(int fd, int flags, long first_ns, long interval_ns)
{
	struct itimerspec it = {
		.it_value = { first_ns / 1000000000, first_ns % 1000000000 },
		.it_interval = { interval_ns / 1000000000, interval_ns % 1000000000 },
	};

	return timerfd_settime(fd, flags, &it, NULL);
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

	nanosleep(&t, NULL);
}

static uint64_t ticks(int fd)
{
	uint64_t n = 0;
	ssize_t got = read(fd, &n, sizeof(n));

	if (got != sizeof(n))
		printf("read: %zd, errno %d\n", got, errno);
	return n;
}

static void errors(void)
{
	struct itimerspec it = { .it_value = { 1, 0 } }, bad = { .it_value = { 0, 1000000000 } };
	struct itimerspec bad2 = { .it_interval = { -1, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), p[2];
	char small[4];

	pipe(p);
	SHOW(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	SHOW(timerfd_create(CLOCK_MONOTONIC_RAW, 0));
	SHOW(timerfd_create(77, 0));
	SHOW(timerfd_create(CLOCK_MONOTONIC, 1));
	SHOW(fcntl(fd, F_GETFD));
	SHOW(timerfd_settime(fd, 8, &it, NULL));
	SHOW(timerfd_settime(fd, 0, &bad, NULL));
	SHOW(timerfd_settime(fd, 0, &bad2, NULL));
	SHOW(timerfd_settime(fd, 0, (void *)8, NULL));
	SHOW(timerfd_settime(99, 0, &it, NULL));
	SHOW(timerfd_settime(p[0], 0, &it, NULL));
	SHOW(timerfd_gettime(p[0], &it));
	SHOW(timerfd_gettime(99, &it));
	SHOW(timerfd_gettime(fd, (void *)8));
	SHOW(read(fd, small, sizeof(small)));
	SHOW(read(fd, &it, sizeof(it)));
	SHOW(write(fd, &it, sizeof(it)));
	SHOW(lseek(fd, 0, SEEK_SET));
	/* It is set, though what it was before cannot be stored. */
	SHOW(timerfd_settime(fd, 0, &it, (void *)8));
	SHOW(timerfd_gettime(fd, &it));
	FACT(it.it_value.tv_sec == 0 && it.it_value.tv_nsec > 500 * MS);
	close(fd);
	close(p[0]);
	close(p[1]);
}

static void waits(int fd)
{
	struct epoll_event e = { .events = EPOLLIN }, got;
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	int ep = epoll_create1(0);
	uint64_t n;

	SHOW(read(fd, &n, sizeof(n)));
	SHOW(poll(&p, 1, 0));
	SHOW(set(fd, 0, 5 * MS, 0));
	SHOW(poll(&p, 1, 5000));
	printf("%x\n", p.revents);
	printf("%lu\n", (unsigned long)ticks(fd));
	SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	SHOW(set(fd, 0, 5 * MS, 0));
	SHOW(epoll_wait(ep, &got, 1, 5000));
	printf("%lu\n", (unsigned long)ticks(fd));
	SHOW(epoll_wait(ep, &got, 1, 0));
	SHOW(fcntl(fd, F_SETFL, 0));
	SHOW(set(fd, 0, 5 * MS, 0));
	printf("%lu\n", (unsigned long)ticks(fd));
	SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
	close(ep);
}

static void recurring(int fd)
{
	struct itimerspec it;
	uint64_t n;

	SHOW(set(fd, 0, 10 * MS, 10 * MS));
	nap(55 * MS);
	n = ticks(fd);
	FACT(n >= 5);
	SHOW(timerfd_gettime(fd, &it));
	FACT(it.it_interval.tv_nsec == 10 * MS);
	FACT(it.it_value.tv_nsec > 0 && it.it_value.tv_nsec <= 10 * MS);
	nap(25 * MS);
	/* Asking does not take ticks away. */
	SHOW(timerfd_gettime(fd, &it));
	FACT(ticks(fd) >= 2);
	/* Setting it does. */
	nap(25 * MS);
	SHOW(set(fd, 0, 10000 * MS, 0));
	SHOW(read(fd, &n, sizeof(n)));
	SHOW(set(fd, 0, 0, 10 * MS));
	SHOW(timerfd_gettime(fd, &it));
	printf("%ld %ld %ld\n", (long)it.it_value.tv_sec, it.it_value.tv_nsec,
	       it.it_interval.tv_nsec);
	nap(15 * MS);
	SHOW(read(fd, &n, sizeof(n)));
}

static void absolute(clockid_t clock)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK);
	long start = now(clock);
	struct pollfd p = { fd, POLLIN, 0 };
	uint64_t n;

	printf("clock %d\n", (int)clock);
	SHOW(set(fd, TFD_TIMER_ABSTIME, start + 10 * MS, 0));
	SHOW(poll(&p, 1, 5000));
	FACT(now(clock) >= start + 10 * MS);
	printf("%lu\n", (unsigned long)ticks(fd));
	/* In the past: due at once, and as often as it would have been. */
	SHOW(set(fd, TFD_TIMER_ABSTIME, start - 1000 * MS, 0));
	SHOW(poll(&p, 1, 5000));
	printf("%lu\n", (unsigned long)ticks(fd));
	SHOW(set(fd, TFD_TIMER_ABSTIME, start - 1000 * MS, 100 * MS));
	SHOW(poll(&p, 1, 5000));
	n = ticks(fd);
	FACT(n >= 11 && n < 200);
	SHOW(set(fd, TFD_TIMER_ABSTIME, 1, 1000000000));
	SHOW(poll(&p, 1, 5000));
	n = ticks(fd);
	FACT(n > 5 && n - now(clock) / 1000000000 <= 2);
	close(fd);
}

int main(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	errors();
	waits(fd);
	recurring(fd);
	absolute(CLOCK_MONOTONIC);
	absolute(CLOCK_REALTIME);
	absolute(CLOCK_BOOTTIME);
	SHOW(set(fd, TFD_TIMER_CANCEL_ON_SET, 1, 0));
	return 0;
}
