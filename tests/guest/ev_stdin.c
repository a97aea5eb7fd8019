/* SPDX-License-Identifier: MIT */
// trap: yes
// stdin: one\ntwo\nthree\n
// poll: never always
/* epoll on standard input, a pipe of the host: until the end of it, by level and by edge. */
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include "t.h"

static int ep;

static int add(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

int main(void)
{
	struct itimerspec it = { .it_value = { 0, 1000000 }, .it_interval = { 0, 1000000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), ticks = 0, n;
	struct epoll_event e;
	char c, text[64] = "";
	size_t len = 0;
	uint64_t v;

	ep = epoll_create1(0);
	SHOW(add(0, EPOLLIN | EPOLLRDHUP));
	SHOW(add(timer, EPOLLIN));
	timerfd_settime(timer, 0, &it, NULL);
	/* Byte by byte: by level it is reported as long as there is one; so is the timer. */
	for (;;) {
		n = epoll_wait(ep, &e, 1, 5000);
		if (n != 1)
			break;
		if (e.data.fd == timer) {
			ticks += read(timer, &v, sizeof(v)) == sizeof(v);
			continue;
		}
		if (ticks == 0 && len == 5)
			continue;
		n = read(0, &c, 1);
		if (n != 1)
			break;
		text[len++] = c;
	}
	printf("'%s' %d, timer %d\n", text, n, ticks > 0);
	FACT(e.events & EPOLLHUP);
	/* At its end it stays ready; by edge that is told once. */
	close(timer);
	for (int i = 0; i < 2; i++) {
		n = epoll_wait(ep, &e, 1, 0);
		printf("%d %d\n", n, n == 1 && e.events & EPOLLHUP);
	}
	SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, 0, NULL));
	SHOW(add(0, EPOLLIN | EPOLLET));
	SHOW(epoll_wait(ep, &e, 1, 0));
	SHOW(epoll_wait(ep, &e, 1, 0));
	return 0;
}
