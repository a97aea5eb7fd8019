/* SPDX-License-Identifier: MIT */
/* The server: options, the listening socket, the loop.  See httpd.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "httpd.h"

#define CONNS_MAX	128
#define IDLE_SECONDS	30

static struct conn conns[CONNS_MAX];
static volatile sig_atomic_t stopped;

time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void on_stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "httpd: %s%s%s: %s\n", what, *name ? " " : "", name, strerror(errno));
	exit(1);
}

static int listen_at(unsigned int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("socket", "");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, CONNS_MAX))
		die("listen", "");
	return fd;
}

static struct conn *free_conn(void)
{
	for (unsigned int i = 0; i < CONNS_MAX; i++)
		if (conns[i].fd < 0)
			return &conns[i];
	return NULL;
}

/* Those that wait, and the listener while there is room for one more.  Returns how many. */
static nfds_t fill(struct pollfd p[CONNS_MAX + 1], struct conn *of[CONNS_MAX + 1], int listener)
{
	nfds_t n = 0;

	if (free_conn()) {
		of[n] = NULL;
		p[n++] = (struct pollfd){ .fd = listener, .events = POLLIN };
	}
	for (unsigned int i = 0; i < CONNS_MAX; i++) {
		if (conns[i].fd < 0)
			continue;
		of[n] = &conns[i];
		p[n++] = (struct pollfd){
			.fd = conns[i].fd, .events = conns[i].sending ? POLLOUT : POLLIN,
		};
	}
	return n;
}

static void accept_one(int listener, int root)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c = free_conn();

	if (fd < 0)
		return;
	conn_begin(c, fd);
	conn_go_on(c, root);
}

static void serve(int listener, int root)
{
	struct pollfd p[CONNS_MAX + 1];
	struct conn *of[CONNS_MAX + 1];
	nfds_t n = fill(p, of, listener);
	time_t now;

	if (poll(p, n, 1000) < 0)
		return;
	now = seconds();
	for (nfds_t i = 0; i < n; i++) {
		if (!of[i] && p[i].revents)
			accept_one(listener, root);
		else if (of[i] && p[i].revents)
			conn_go_on(of[i], root);
		else if (of[i] && now - of[i]->since > IDLE_SECONDS)
			conn_timeout(of[i]);
	}
}

int main(int argc, char **argv)
{
	unsigned int port = 80;
	int c, root, listener;

	while ((c = getopt(argc, argv, "p:")) == 'p')
		port = (unsigned int)strtoul(optarg, NULL, 10);
	if (c != -1 || optind + 1 != argc || !port || port > 65535) {
		fprintf(stderr, "Usage: httpd [-p PORT] DIRECTORY\n");
		return 2;
	}
	root = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		die("open", argv[optind]);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_stop);
	signal(SIGINT, on_stop);
	for (unsigned int i = 0; i < CONNS_MAX; i++)
		conns[i].fd = -1;
	listener = listen_at(port);
	printf("httpd: %s on port %u\n", argv[optind], port);
	fflush(stdout);
	while (!stopped)
		serve(listener, root);
	return 0;
}
