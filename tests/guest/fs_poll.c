/* SPDX-License-Identifier: MIT */
// trap: yes
/* poll, select and their signal-mask forms on pipes and files. */
#include <poll.h>
#include <sys/select.h>
#include <time.h>
#include "t.h"

static void show(struct pollfd *p, int n, int timeout)
{
	int r = poll(p, n, timeout);

	printf("poll %d:", r);
	for (int i = 0; i < n; i++)
		printf(" %x", p[i].revents);
	putchar('\n');
}

int main(void)
{
	struct timespec ts = { 0, 20000000 };
	struct timeval tv = { 0, 20000 };
	struct pollfd p[4];
	struct pollfd *volatile nowhere = (struct pollfd *)8;	/* what gcc cannot see through */
	sigset_t mask;
	fd_set r, w;
	int a[2];

	pipe(a);
	p[0] = (struct pollfd){ a[0], POLLIN, 0 };
	p[1] = (struct pollfd){ a[1], POLLOUT, 0 };
	p[2] = (struct pollfd){ -1, POLLIN, 0 };
	p[3] = (struct pollfd){ 999, POLLIN, 0 };
	show(p, 2, 0);
	show(p, 1, 20);
	show(p, 4, 0);
	write(a[1], "x", 1);
	show(p, 2, -1);
	p[0].events = POLLOUT;
	show(p, 1, 0);
	p[0].events = POLLIN | POLLRDNORM;
	show(p, 1, 0);
	show(p, 0, 10);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(a[0], &r);
	FD_SET(a[1], &w);
	SHOW(select(a[1] + 1, &r, &w, NULL, NULL));
	printf("%d %d\n", FD_ISSET(a[0], &r), FD_ISSET(a[1], &w));
	char c;
	read(a[0], &c, 1);
	FD_SET(a[0], &r);
	SHOW(select(a[0] + 1, &r, NULL, NULL, &tv));
	printf("%d\n", FD_ISSET(a[0], &r));
	/* Not open, but below what Linux has room for: beyond that it does not look. */
	FD_SET(20, &r);
	SHOW(select(21, &r, NULL, NULL, &tv));
	SHOW(select(-1, NULL, NULL, NULL, &tv));
	sigemptyset(&mask);
	FD_ZERO(&r);
	FD_SET(a[0], &r);
	SHOW(pselect(a[0] + 1, &r, NULL, NULL, &ts, &mask));
	p[0].events = POLLIN;
	SHOW(ppoll(p, 1, &ts, &mask));
	close(a[1]);
	show(p, 1, -1);
	pipe(a);
	close(a[0]);
	p[0] = (struct pollfd){ a[1], POLLOUT, 0 };
	show(p, 1, 0);
	p[0] = (struct pollfd){ open("/dev/null", O_RDWR), POLLIN | POLLOUT, 0 };
	show(p, 1, 0);
	SHOW(poll(nowhere, 1, 0));
	ts.tv_nsec = 1000000000;
	SHOW(ppoll(p, 1, &ts, NULL));
	return 0;
}
