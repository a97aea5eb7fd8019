/* SPDX-License-Identifier: MIT */
/*
 * A server of one page: GET or HEAD, answer, close (RFC 9112).  A few clients at once, each with
 * little memory and little time; the supervisor never waits for any of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "clock.h"
#include "descriptor.h"
#include "net/grant.h"
#include "metrics.h"
#include "msg.h"
#include "pool.h"
#include "scrape.h"

#define CLIENTS		8
#define REQUEST_MAX	2048
#define HEAD_MAX	256
#define PATIENCE_NS	5000000000ULL

static struct client {
	bool used;
	int fd;
	uint64_t until_ns;
	size_t got;			/* of the request */
	size_t len, sent;		/* of the answer; len 0: there is none yet */
	char request[REQUEST_MAX];
	char answer[HEAD_MAX + METRICS_MAX];
} clients[CLIENTS];

int scrape_open(struct supervisor *s)
{
	const struct plan_listen *l = &s->plan.serve.metrics;
	int fd;

	if (!l->text)
		return 0;
	fd = net_listen(l, "metrics");
	if (fd < 0)
		return EXIT_MVM;
	if (fd_move(fd, SERVE_FD_METRICS) < 0 ||
	    loop_add(SERVE_FD_METRICS, EPOLLIN, OF_METRICS, 0))
		return fail(EXIT_MVM, "--metrics %s: %s", l->text, strerror(errno));
	return 0;
}

static void drop(struct client *c)
{
	close(c->fd);
	c->used = false;
}

void scrape_accept(struct supervisor *s)
{
	int fd = accept4(SERVE_FD_METRICS, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	uint32_t i = 0;

	if (fd < 0)
		return;
	while (i < CLIENTS && clients[i].used)
		i++;
	if (i == CLIENTS || loop_add(fd, EPOLLIN, OF_CLIENT, i)) {
		s->counters.scrapes_refused++;
		close(fd);
		return;
	}
	clients[i].used = true;
	clients[i].fd = fd;
	clients[i].got = clients[i].len = clients[i].sent = 0;
	clients[i].until_ns = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
}

/* Behind the method: the page's path, or none of ours. */
static bool asks_for_it(const char *target)
{
	return !strncmp(target, "/metrics ", 9) || !strncmp(target, "/ ", 2);
}

static void answer(struct supervisor *s, struct client *c)
{
	bool get = !strncmp(c->request, "GET ", 4), head = !strncmp(c->request, "HEAD ", 5);
	bool ok = (get || head) && asks_for_it(c->request + (get ? 4 : 5));
	static char body[METRICS_MAX];
	size_t len;
	int n;

	if (ok) {
		len = metrics_text(s, sockets_waiting(&s->sockets), pool_private_bytes(s), body);
		s->counters.scrapes++;
		/* For the next one: the answers come when they come. */
		pool_ask_memory(s);
	} else {
		len = (size_t)snprintf(body, sizeof(body), "ask for /metrics\n");
		s->counters.scrapes_refused++;
	}
	n = snprintf(c->answer, HEAD_MAX, "HTTP/1.1 %s\r\n"
		     "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		     "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		     ok ? "200 OK" : "404 Not Found", len);
	/* HEAD: what GET would be told of the page (RFC 9110, 9.3.2). */
	c->len = (size_t)n + (head ? 0 : len);
	memcpy(c->answer + n, body, head ? 0 : len);
}

/* True when the request is complete. */
static bool hear(struct client *c)
{
	ssize_t n = recv(c->fd, c->request + c->got, REQUEST_MAX - 1 - c->got, MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop(c);
		return false;
	}
	c->got += (size_t)n;
	c->request[c->got] = '\0';
	if (strstr(c->request, "\r\n\r\n") || strstr(c->request, "\n\n"))
		return true;
	if (c->got == REQUEST_MAX - 1)
		drop(c);
	return false;
}

static void say(struct client *c, uint32_t i)
{
	struct epoll_event ev = { .events = EPOLLOUT, .data.u64 = (uint64_t)OF_CLIENT << 32 | i };
	ssize_t n = send(c->fd, c->answer + c->sent, c->len - c->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(c);
		return;
	}
	if (n > 0)
		c->sent += (size_t)n;
	if (c->sent == c->len)
		drop(c);
	else
		epoll_ctl(SERVE_FD_EPOLL, EPOLL_CTL_MOD, c->fd, &ev);
}

void scrape_event(struct supervisor *s, uint32_t i)
{
	struct client *c = &clients[i];

	if (!c->used)
		return;
	if (!c->len) {
		if (!hear(c))
			return;
		answer(s, c);
	}
	say(c, i);
}

int scrape_expire(void)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int ms = -1;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		if (!clients[i].used)
			continue;
		if (now >= clients[i].until_ns)
			drop(&clients[i]);
		else
			ms = 1000;
	}
	return ms;
}
