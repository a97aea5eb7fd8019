/* SPDX-License-Identifier: MIT */
// trap: yes
// cflags: -pthread
/*
 * Sockets between threads: everything here waits for the other side.  Streams carry more than
 * their buffers hold, in both directions, and each byte is checked.
 */
#include <pthread.h>
#include "net.h"

#define TOTAL (3 << 20)
#define PIECE 7001
#define CLIENTS 20

static unsigned char pattern(long i)
{
	return (unsigned char)(i * 131 % 251);
}

static void *writer(void *arg)
{
	static _Thread_local unsigned char buf[PIECE];
	int fd = *(int *)arg;
	long at = 0;

	while (at < TOTAL) {
		ssize_t want = TOTAL - at < PIECE ? TOTAL - at : PIECE, n;

		for (ssize_t i = 0; i < want; i++)
			buf[i] = pattern(at + i);
		n = write(fd, buf, want);
		if (n != want) {
			printf("wrote %zd of %zd: %s\n", n, want, strerror(errno));
			break;
		}
		at += n;
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

static long reader(int fd)
{
	static _Thread_local unsigned char buf[PIECE * 3];
	long at = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (buf[i] != pattern(at))
				return -at;
	return n ? -1 : at;
}

static void *reader_thread(void *arg)
{
	return (void *)reader(*(int *)arg);
}

static void both_ways(const char *what, int v[2])
{
	pthread_t t[3];
	void *got;
	long here;

	pthread_create(&t[0], NULL, writer, &v[0]);
	pthread_create(&t[1], NULL, writer, &v[1]);
	pthread_create(&t[2], NULL, reader_thread, &v[0]);
	here = reader(v[1]);
	pthread_join(t[2], &got);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	printf("%s: %s, %s\n", what, here == TOTAL ? "all" : "NOT ALL",
	       (long)got == TOTAL ? "all" : "NOT ALL");
	close(v[0]);
	close(v[1]);
}

static int server_port;

static void *client(void *arg)
{
	struct sockaddr_in a = in4("127.0.0.1", server_port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[32], answer[32] = "";
	int n = snprintf(text, sizeof(text), "client %ld", (long)arg);

	if (connect(fd, SA(a)) || write(fd, text, n) != n)
		return "cannot connect";
	if (recv(fd, answer, n, MSG_WAITALL) != n || memcmp(text, answer, n))
		return "no answer";
	close(fd);
	return NULL;
}

/* One thread serves them all. */
static void serve_many(void)
{
	pthread_t t[CLIENTS];
	int l = tcp_listener("127.0.0.1", CLIENTS, &server_port), bad = 0;
	void *res;

	for (long i = 0; i < CLIENTS; i++)
		pthread_create(&t[i], NULL, client, (void *)i);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = accept(l, NULL, NULL);
		char buf[32];
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n > 0 && write(fd, buf, n) != n)
			bad++;
		close(fd);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(t[i], &res);
		bad += res != NULL;
	}
	printf("clients without an answer: %d\n", bad);
	close(l);
}

static void *unix_client(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char c;

	if (connect(fd, arg, sizeof(sa_family_t) + 8) || write(fd, "x", 1) != 1 ||
	    read(fd, &c, 1) != 1)
		return "failed";
	close(fd);
	return NULL;
}

/* connect() itself waits here: there is room for one. */
static void unix_backlog(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0backlog" };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), bad = 0;
	pthread_t t[5];
	void *res;

	bind(l, (struct sockaddr *)&a, sizeof(sa_family_t) + 8);
	listen(l, 0);
	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, unix_client, &a);
	settle();
	for (int i = 0; i < 5; i++) {
		int fd = accept(l, NULL, NULL);
		char c;

		if (read(fd, &c, 1) != 1 || write(fd, "y", 1) != 1)
			bad++;
		close(fd);
	}
	for (int i = 0; i < 5; i++) {
		pthread_join(t[i], &res);
		bad += res != NULL;
	}
	printf("failed: %d\n", bad);
	close(l);
}

static void *feed(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < 1000; i++)
		if (send(fd, &i, sizeof(i), 0) != sizeof(i))
			return "failed";
	return NULL;
}

/* More datagrams than the queue has room for: the sender waits, none is lost. */
static void datagrams(void)
{
	int v[2], got, sum = 0;
	struct pollfd p;
	pthread_t t;
	void *res;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, v);
	p = (struct pollfd){ v[1], POLLIN, 0 };
	pthread_create(&t, NULL, feed, &v[0]);
	for (int i = 0; i < 1000; i++) {
		if (poll(&p, 1, 5000) != 1 || recv(v[1], &got, sizeof(got), 0) != sizeof(got) ||
		    got != i)
			break;
		sum++;
	}
	pthread_join(t, &res);
	printf("datagrams in order: %d\n", sum);
	close(v[0]);
	close(v[1]);
}

static void *late_close(void *arg)
{
	settle();
	close(*(int *)arg);
	return NULL;
}

static void *late_shutdown(void *arg)
{
	settle();
	shutdown(*(int *)arg, SHUT_RDWR);
	return NULL;
}

/* Whoever waits learns that the other side has gone. */
static void woken(void)
{
	int v[2], port, l;
	pthread_t t;
	char c;

	tcp_pair(v);
	pthread_create(&t, NULL, late_close, &v[1]);
	SHOW(read(v[0], &c, 1));
	pthread_join(t, NULL);
	close(v[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, v);
	pthread_create(&t, NULL, late_shutdown, &v[0]);
	SHOW(read(v[0], &c, 1));
	pthread_join(t, NULL);
	close(v[0]);
	close(v[1]);
	l = tcp_listener("127.0.0.1", 2, &port);
	pthread_create(&t, NULL, late_shutdown, &l);
	SHOW(accept(l, NULL, NULL));
	pthread_join(t, NULL);
	close(l);
}

int main(void)
{
	int v[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, v);
	both_ways("unix", v);
	tcp_pair(v);
	both_ways("tcp", v);
	serve_many();
	unix_backlog();
	datagrams();
	woken();
	return 0;
}
