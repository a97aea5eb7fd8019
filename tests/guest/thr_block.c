/* SPDX-License-Identifier: MIT */
// trap: yes
/* A thread that sleeps in a call lets others run: pipes, eventfds, poll, and what they close. */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include "t.h"

static int p[2], q[2], ev;

static void *writer(void *arg)
{
	char buf[1000];

	memset(buf, 'x', sizeof(buf));
	for (int i = 0; i < 500; i++)
		CHECK(write(p[1], buf, sizeof(buf)) == sizeof(buf));
	close(p[1]);
	return arg;
}

static void *poller(void *arg)
{
	struct pollfd f[2] = { { q[0], POLLIN, 0 }, { ev, POLLIN, 0 } };
	int n = poll(f, 2, 10000);

	printf("poll %d: %d %d\n", n, f[0].revents, f[1].revents);
	return arg;
}

static void *reader(void *arg)
{
	char c;
	ssize_t n = read(q[0], &c, 1);

	printf("read %zd\n", n);
	return arg;
}

int main(void)
{
	char buf[777];
	long total = 0;
	pthread_t t;
	ssize_t n;

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	ev = eventfd(0, 0);
	pthread_create(&t, NULL, writer, NULL);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		total += n;
	pthread_join(t, NULL);
	printf("total %ld\n", total);

	pthread_create(&t, NULL, poller, NULL);
	usleep(10000);
	CHECK(write(ev, &(uint64_t){ 1 }, 8) == 8);
	pthread_join(t, NULL);

	pthread_create(&t, NULL, reader, NULL);
	usleep(10000);
	CHECK(write(q[1], "y", 1) == 1);
	pthread_join(t, NULL);

	pthread_create(&t, NULL, reader, NULL);
	usleep(10000);
	close(q[1]);
	pthread_join(t, NULL);
	return 0;
}
