/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * Ten thousand descriptors: in an epoll set, ready one at a time and all at once, in poll and
 * select; ten thousand copies of one; timers.  Nothing of it may cost by the square of that.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include "t.h"

#define MANY	10000
#define AT_ONCE	64

static int fds[MANY], ep;
static struct pollfd polls[MANY];

static int ctl(int op, int fd, uint32_t events, int data)
{
	struct epoll_event e = { .events = events, .data.u32 = data };

	return epoll_ctl(ep, op, fd, &e);
}

/* Each is ready alone, MANY times: a wait costs what is ready. */
static void one_at_a_time(void)
{
	struct epoll_event e[AT_ONCE];
	eventfd_t v;
	int wrong = 0;

	for (int i = 0; i < MANY; i++) {
		int k = (int)(i * 7919L % MANY);

		eventfd_write(fds[k], 1);
		wrong += epoll_wait(ep, e, AT_ONCE, 0) != 1 || e[0].data.u32 != (uint32_t)k;
		eventfd_read(fds[k], &v);
	}
	printf("one at a time: %d wrong\n", wrong);
}

/* All are ready: each comes once a round. */
static void all_at_once(void)
{
	static int seen[MANY];
	struct epoll_event e[AT_ONCE];
	int n, sum = 0, wrong = 0;
	eventfd_t v;

	for (int i = 0; i < MANY; i++)
		eventfd_write(fds[i], 1);
	for (int round = 0; round < 3; round++)
		for (int got = 0; got < MANY; got += n) {
			n = epoll_wait(ep, e, MANY - got < AT_ONCE ? MANY - got : AT_ONCE, 0);
			if (n <= 0)
				break;
			for (int i = 0; i < n; i++)
				seen[e[i].data.u32]++;
		}
	for (int i = 0; i < MANY; i++) {
		wrong += seen[i] != 3;
		sum += eventfd_read(fds[i], &v) == 0;
	}
	printf("all at once: %d read, %d wrong, then %d\n", sum, wrong,
	       epoll_wait(ep, e, AT_ONCE, 0));
}

static void by_poll(void)
{
	int wrong = 0;

	for (int i = 0; i < MANY; i++)
		polls[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	wrong += poll(polls, MANY, 1) != 0;
	eventfd_write(fds[MANY - 1], 1);
	for (int i = 0; i < 100; i++)
		wrong += poll(polls, MANY, -1) != 1 || polls[MANY - 1].revents != POLLIN;
	eventfd_read(fds[MANY - 1], &(eventfd_t){ 0 });
	printf("poll: %d wrong\n", wrong);
}

static void by_select(void)
{
	fd_set in;
	int wrong = 0;

	FD_ZERO(&in);
	for (int i = 0; i < 1000; i++)
		FD_SET(fds[i], &in);
	eventfd_write(fds[999], 1);
	wrong += select(FD_SETSIZE, &in, NULL, NULL, NULL) != 1 || !FD_ISSET(fds[999], &in);
	printf("select: %d wrong\n", wrong);
	eventfd_read(fds[999], &(eventfd_t){ 0 });
}

static void copies(void)
{
	struct epoll_event e[AT_ONCE];
	int first = eventfd(0, 0), wrong = 0;

	for (int i = 0; i < MANY; i++) {
		fds[i] = dup(first);
		wrong += ctl(EPOLL_CTL_ADD, fds[i], EPOLLIN, i);
	}
	eventfd_write(first, 1);
	for (int i = 0; i < 300; i++)
		wrong += epoll_wait(ep, e, AT_ONCE, 0) != AT_ONCE;
	for (int i = 0; i < MANY; i += 2)
		wrong += ctl(EPOLL_CTL_DEL, fds[i], 0, 0);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	wrong += epoll_wait(ep, e, AT_ONCE, 0) != AT_ONCE;
	close(first);
	wrong += epoll_wait(ep, e, AT_ONCE, 0) != 0;
	printf("copies: %d wrong\n", wrong);
}

static void timers(void)
{
	struct epoll_event e[AT_ONCE];
	int n, got = 0;
	uint64_t v;

	for (int i = 0; i < MANY; i++) {
		struct itimerspec it = { .it_value = { i % 3 ? 1000 : 0, 1 + i * 1000 % 999983 } };

		fds[i] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
		timerfd_settime(fds[i], 0, &it, NULL);
		ctl(EPOLL_CTL_ADD, fds[i], EPOLLIN | EPOLLET, i);
	}
	while (got < (MANY + 2) / 3 && (n = epoll_wait(ep, e, AT_ONCE, 5000)) > 0)
		for (int i = 0; i < n; i++)
			got += e[i].data.u32 % 3 == 0 && read(fds[e[i].data.u32], &v, 8) == 8;
	printf("timers: %d\n", got);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

int main(void)
{
	struct rlimit lim = { MANY + 100, MANY + 100 };
	int wrong = 0;

	if (setrlimit(RLIMIT_NOFILE, &lim))
		perror("setrlimit");
	ep = epoll_create1(0);
	for (int i = 0; i < MANY; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		wrong += ctl(EPOLL_CTL_ADD, fds[i], EPOLLIN, i);
	}
	printf("added: %d wrong\n", wrong);
	one_at_a_time();
	all_at_once();
	by_poll();
	by_select();
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	copies();
	timers();
	return 0;
}
