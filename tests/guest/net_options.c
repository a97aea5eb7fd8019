/* SPDX-License-Identifier: MIT */
/* Options of sockets: what is kept, what is refused, and the time limits. */
#include <sys/time.h>
#include <time.h>
#include "net.h"

static void get(const char *what, int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	if (getsockopt(fd, level, name, &v, &len))
		show_result(what, -1);
	else
		printf("%s: %d (%u)\n", what, v, len);
}

#define GET(fd, level, name) get(#fd " " #name, fd, level, name)

static void set(const char *what, int fd, int level, int name, int v)
{
	printf("set %d ", v);
	show_result(what, setsockopt(fd, level, name, &v, sizeof(v)));
	get(what, fd, level, name);
}

#define SET(fd, level, name, v) set(#fd " " #name, fd, level, name, v)

static void kinds(int tcp, int udp, int un)
{
	GET(tcp, SOL_SOCKET, SO_TYPE);
	GET(udp, SOL_SOCKET, SO_TYPE);
	GET(un, SOL_SOCKET, SO_TYPE);
	GET(tcp, SOL_SOCKET, SO_DOMAIN);
	GET(un, SOL_SOCKET, SO_DOMAIN);
	GET(tcp, SOL_SOCKET, SO_PROTOCOL);
	GET(udp, SOL_SOCKET, SO_PROTOCOL);
	GET(un, SOL_SOCKET, SO_PROTOCOL);
	GET(tcp, SOL_SOCKET, SO_ACCEPTCONN);
	listen(tcp, 1);
	GET(tcp, SOL_SOCKET, SO_ACCEPTCONN);
	GET(tcp, SOL_SOCKET, SO_ERROR);
	GET(udp, SOL_SOCKET, SO_RCVBUF);
	GET(un, SOL_SOCKET, SO_SNDBUF);
}

static void plain(int tcp, int udp, int un)
{
	SET(tcp, SOL_SOCKET, SO_REUSEADDR, 7);
	SET(tcp, SOL_SOCKET, SO_KEEPALIVE, 1);
	SET(udp, SOL_SOCKET, SO_BROADCAST, 1);
	SET(un, SOL_SOCKET, SO_PASSCRED, 1);
	SET(tcp, SOL_SOCKET, SO_PRIORITY, 6);
	SET(udp, SOL_SOCKET, SO_RCVBUF, 1);
	SET(udp, SOL_SOCKET, SO_SNDBUF, 1);
	SET(udp, SOL_SOCKET, SO_RCVBUF, 50000);
	SET(tcp, SOL_SOCKET, SO_RCVLOWAT, 0);
	SET(tcp, SOL_SOCKET, SO_TYPE, 1);
	SET(tcp, SOL_SOCKET, 9999, 1);
	SET(tcp, IPPROTO_TCP, TCP_NODELAY, 1);
	SET(tcp, IPPROTO_TCP, TCP_CORK, 1);
	SET(tcp, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	SET(tcp, IPPROTO_TCP, TCP_KEEPINTVL, 0);
	SET(tcp, IPPROTO_TCP, TCP_KEEPCNT, 128);
	SET(tcp, IPPROTO_TCP, 9999, 1);
	SET(udp, IPPROTO_TCP, TCP_NODELAY, 1);
	SET(tcp, IPPROTO_IP, IP_TOS, 16);
	SET(udp, IPPROTO_IP, IP_TTL, 0);
	SET(udp, IPPROTO_IP, IP_TTL, 9);
	SET(udp, IPPROTO_IP, IP_TTL, -1);
	SET(tcp, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	SET(un, IPPROTO_TCP, TCP_NODELAY, 1);
}

static void structures(int tcp)
{
	struct linger l = { 3, 9 };
	struct timeval t = { 2, 500000 };
	struct tcp_info info;
	socklen_t len = sizeof(l);
	char cc[16] = "";

	SHOW(getsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, &len));
	printf("%d %d\n", l.l_onoff, l.l_linger);
	l = (struct linger){ 3, 9 };
	SHOW(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	SHOW(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, 4));
	SHOW(getsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, &len));
	printf("%d %d\n", l.l_onoff, l.l_linger);
	SHOW(setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	t.tv_sec = 9;
	len = sizeof(t);
	SHOW(getsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
	printf("%ld %ld\n", (long)t.tv_sec, (long)t.tv_usec);
	t.tv_usec = 1000000;
	SHOW(setsockopt(tcp, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	SHOW(setsockopt(tcp, SOL_SOCKET, SO_SNDTIMEO, &t, 4));
	len = sizeof(info);
	SHOW(getsockopt(tcp, IPPROTO_TCP, TCP_INFO, &info, &len));
	printf("state %d\n", info.tcpi_state);
	len = sizeof(cc);
	SHOW(getsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, cc, &len));
	SHOW(setsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, "none-such", 9));
}

static void bad(int tcp)
{
	int v = 1;
	socklen_t len = 4;

	SHOW(syscall(SYS_setsockopt, tcp, SOL_SOCKET, SO_KEEPALIVE, 8, 4));
	SHOW(syscall(SYS_setsockopt, tcp, SOL_SOCKET, SO_KEEPALIVE, &v, 3));
	SHOW(syscall(SYS_setsockopt, tcp, SOL_SOCKET, SO_KEEPALIVE, &v, -1));
	SHOW(syscall(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, 8, &len));
	SHOW(syscall(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, &v, 8));
	len = -1;
	SHOW(syscall(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, &v, &len));
	len = 1;
	SHOW(syscall(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, &v, &len));
	printf("%d bytes\n", len);
	SHOW(syscall(SYS_getsockopt, tcp, 12345, 1, &v, &len));
	SHOW(syscall(SYS_setsockopt, tcp, 12345, 1, &v, 4));
	SHOW(syscall(SYS_getsockopt, 0, SOL_SOCKET, SO_TYPE, &v, &len));
	SHOW(syscall(SYS_getsockopt, 99, SOL_SOCKET, SO_TYPE, &v, &len));
}

/* A receive and an accept that give up; half a second is not over at once. */
static void limits(void)
{
	struct timeval t = { 0, 100000 };
	struct timespec a, b;
	int v[2], port, l = tcp_listener("127.0.0.1", 1, &port);
	char c;

	socketpair(AF_UNIX, SOCK_STREAM, 0, v);
	SHOW(setsockopt(v[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	clock_gettime(CLOCK_MONOTONIC, &a);
	SHOW(recv(v[0], &c, 1, 0));
	SHOW(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	SHOW(accept(l, NULL, NULL));
	clock_gettime(CLOCK_MONOTONIC, &b);
	FACT((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 199);
	SHOW(setsockopt(v[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	while (send(v[0], &port, sizeof(port), 0) == sizeof(port))
		;
	printf("%s\n", strerror(errno));
	close(v[0]);
	close(v[1]);
	close(l);
}

int main(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
	int un = socket(AF_UNIX, SOCK_STREAM, 0);

	plain(tcp, udp, un);
	structures(tcp);
	kinds(tcp, udp, un);
	bad(tcp);
	limits();
	return 0;
}
