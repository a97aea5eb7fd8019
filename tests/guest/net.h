/* SPDX-License-Identifier: MIT */
/* What the programs about sockets share: addresses, and what is shown of them. */
#ifndef NET_H
#define NET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "t.h"

static inline struct sockaddr_in in4(const char *ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static inline struct sockaddr_in6 in6(const char *ip, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, ip, &a.sin6_addr);
	return a;
}

#define SA(a) (struct sockaddr *)&(a), sizeof(a)

/* The port that a socket was given. */
static inline int port_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &len);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/* An address, its port only when it is not one that was chosen. */
static inline void show_addr(const char *what, const struct sockaddr_storage *a, socklen_t len)
{
	const struct sockaddr_in6 *a6 = (const void *)a;
	const struct sockaddr_in *a4 = (const void *)a;
	char ip[64] = "";

	printf("%s: ", what);
	if (len && a->ss_family == AF_INET)
		printf("%s", inet_ntop(AF_INET, &a4->sin_addr, ip, sizeof(ip)));
	else if (len && a->ss_family == AF_INET6)
		printf("[%s]", inet_ntop(AF_INET6, &a6->sin6_addr, ip, sizeof(ip)));
	if (*ip)
		printf(" port %s", a4->sin_port ? "some" : "0");
	printf(" (%u bytes)\n", len);
}

static inline void show_names(const char *what, int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	printf("%s ", what);
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		show_result("getsockname", -1);
	else
		show_addr("name", &a, len);
	len = sizeof(a);
	printf("%s ", what);
	if (getpeername(fd, (struct sockaddr *)&a, &len))
		show_result("getpeername", -1);
	else
		show_addr("peer", &a, len);
}

static inline void show_poll(const char *what, int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };
	int r = poll(&p, 1, 0);

	printf("%s poll %d %x\n", what, r, p.revents);
}

static inline void show_error(const char *what, int fd)
{
	int err = -1;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		show_result("SO_ERROR", -1);
	printf("%s SO_ERROR %d (%s)\n", what, err, strerror(err));
}

/* One recv with these flags, and what came. */
static inline void show_recv(const char *what, int fd, size_t n, int flags)
{
	char buf[512] = "";
	ssize_t r = recv(fd, buf, n < sizeof(buf) ? n : sizeof(buf) - 1, flags);

	printf("%s ", what);
	if (r < 0)
		show_result("recv", -1);
	else
		printf("recv: %zd '%.*s'\n", r, (int)(r < 511 ? r : 511), buf);
}

/* A listener on a free port, which goes to *port. */
static inline int tcp_listener(const char *ip, int backlog, int *port)
{
	struct sockaddr_in a = in4(ip, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, SA(a)) || listen(fd, backlog)) {
		perror("listener");
		exit(99);
	}
	*port = port_of(fd);
	return fd;
}

/* Two ends of a TCP connection. */
static inline void tcp_pair(int v[2])
{
	int port, l = tcp_listener("127.0.0.1", 5, &port);
	struct sockaddr_in a = in4("127.0.0.1", port);

	v[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(v[0], SA(a))) {
		perror("connect");
		exit(99);
	}
	v[1] = accept(l, NULL, NULL);
	close(l);
}

/* Natively an answer of the other end may take a moment. */
static inline void settle(void)
{
	usleep(20000);
}

#endif
