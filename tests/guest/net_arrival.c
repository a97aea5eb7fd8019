/* SPDX-License-Identifier: MIT */
// trap: yes
/* What comes with a datagram besides its bytes: when it came, where to, and how it was sent. */
#include <time.h>
#include "net.h"

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* A time that lies between the beginning of the test and now, in a message of a certain type. */
static long begun;

static void show_time(const struct cmsghdr *c)
{
	long t[2], us;

	memcpy(t, CMSG_DATA(c), sizeof(t));
	us = t[0] * 1000000 + (c->cmsg_type == SCM_TIMESTAMPNS ? t[1] / 1000 : t[1]);
	printf(" time %s, %zu bytes, %s;", c->cmsg_type == SCM_TIMESTAMPNS ? "ns" : "us",
	       (size_t)c->cmsg_len - CMSG_LEN(0),
	       us >= begun && us <= now_us() ? "right" : "wrong");
}

static void show_number(const char *name, const struct cmsghdr *c)
{
	int n = 0;

	memcpy(&n, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	printf(" %s %d (%zu bytes);", name, n, (size_t)c->cmsg_len - CMSG_LEN(0));
}

static void show_place(const struct cmsghdr *c)
{
	char text[64];

	if (c->cmsg_level == IPPROTO_IP)
		inet_ntop(AF_INET, &((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr, text,
			  sizeof(text));
	else
		inet_ntop(AF_INET6, &((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr, text,
			  sizeof(text));
	printf(" to %s;", text);
}

static void show_one(const struct cmsghdr *c)
{
	if (c->cmsg_level == SOL_SOCKET &&
	    (c->cmsg_type == SCM_TIMESTAMP || c->cmsg_type == SCM_TIMESTAMPNS))
		show_time(c);
	else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
		show_number("ttl", c);
	else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
		show_number("tos", c);
	else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
		show_number("hops", c);
	else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
		show_number("class", c);
	else if (c->cmsg_type == IP_PKTINFO || c->cmsg_type == IPV6_PKTINFO)
		show_place(c);
	else
		printf(" %d.%d;", c->cmsg_level, c->cmsg_type);
}

static void receive(const char *what, int fd, size_t room)
{
	char buf[16], control[256] __attribute__((aligned(8)));
	struct iovec v = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = room };
	ssize_t n = recvmsg(fd, &m, 0);

	printf("%s: %zd%s", what, n, m.msg_flags & MSG_CTRUNC ? ", cut:" : ":");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		show_one(c);
	printf("\n");
}

static void set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		printf("option %d.%d: %s\n", level, name, strerror(errno));
}

static int get(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, level, name, &value, &len);
	return value;
}

static void times(int to, int from)
{
	set(to, SOL_SOCKET, SO_TIMESTAMP, 1);
	send(from, "one", 3, 0);
	usleep(1000);			/* the time is that of its coming */
	receive("us", to, 256);
	set(to, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	printf("options %d %d\n", get(to, SOL_SOCKET, SO_TIMESTAMP),
	       get(to, SOL_SOCKET, SO_TIMESTAMPNS));
	send(from, "two", 3, 0);
	receive("ns", to, 256);
	set(to, SOL_SOCKET, SO_TIMESTAMP, 0);
	printf("options %d %d\n", get(to, SOL_SOCKET, SO_TIMESTAMP),
	       get(to, SOL_SOCKET, SO_TIMESTAMPNS));
	send(from, "three", 5, 0);
	receive("none", to, 256);
}

static void v4(void)
{
	struct sockaddr_in a = in4("127.0.0.1", 0);
	int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	FACT(!bind(to, SA(a)));
	a = in4("127.0.0.1", port_of(to));
	FACT(!connect(from, SA(a)));
	times(to, from);
	set(to, IPPROTO_IP, IP_PKTINFO, 1);
	set(to, IPPROTO_IP, IP_RECVTTL, 1);
	set(to, IPPROTO_IP, IP_RECVTOS, 1);
	set(from, IPPROTO_IP, IP_TOS, 0x28);
	send(from, "x", 1, 0);
	receive("v4", to, 256);
	set(from, IPPROTO_IP, IP_TTL, 9);
	set(to, IPPROTO_IP, IP_PKTINFO, 0);
	send(from, "x", 1, 0);
	receive("v4", to, 256);
	send(from, "x", 1, 0);
	receive("v4", to, 30);
	/* Queued errors are not messages. */
	send(from, "x", 1, 0);
	SHOW_OK(recv(to, &c, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
	SHOW(recv(to, &c, 1, 0));
	close(to);
	close(from);
}

static void v6(void)
{
	struct sockaddr_in6 a = in6("::1", 0);
	int to = socket(AF_INET6, SOCK_DGRAM, 0), from = socket(AF_INET6, SOCK_DGRAM, 0);

	FACT(!bind(to, SA(a)));
	a = in6("::1", port_of(to));
	FACT(!connect(from, SA(a)));
	set(to, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set(to, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	set(to, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	set(from, IPPROTO_IPV6, IPV6_TCLASS, 0x42);
	send(from, "x", 1, 0);
	receive("v6", to, 256);
	set(from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 3);
	send(from, "x", 1, 0);
	receive("v6", to, 256);
	close(to);
	close(from);
}

static void local(void)
{
	int s[2];

	FACT(!socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	times(s[0], s[1]);
}

int main(void)
{
	begun = now_us();
	v4();
	v6();
	local();
	return 0;
}
