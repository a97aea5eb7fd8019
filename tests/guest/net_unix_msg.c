/* SPDX-License-Identifier: MIT */
/* AF_UNIX sockets that keep messages apart: SOCK_DGRAM and SOCK_SEQPACKET. */
#include "net.h"

static socklen_t name(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path, path);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

static void show_from(int fd, int flags)
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a);
	char buf[64];
	ssize_t n = recvfrom(fd, buf, sizeof(buf), flags, (struct sockaddr *)&a, &len);

	if (n < 0)
		show_result("recvfrom", -1);
	else
		printf("%zd '%.*s' from '%s' (%u)\n", n, (int)(n < 64 ? n : 64), buf,
		       len > 2 ? a.sun_path : "", len);
}

static void datagrams(void)
{
	struct sockaddr_un a, b, c;
	socklen_t al = name(&a, "a"), bl = name(&b, "b"), cl = name(&c, "c");
	int x = socket(AF_UNIX, SOCK_DGRAM, 0), y = socket(AF_UNIX, SOCK_DGRAM, 0), z, n;
	char buf[16];

	SHOW(bind(x, (struct sockaddr *)&a, al));
	SHOW(send(y, "x", 1, 0));
	SHOW(sendto(y, "unnamed", 7, 0, (struct sockaddr *)&a, al));
	show_from(x, 0);
	SHOW(bind(y, (struct sockaddr *)&b, bl));
	SHOW(sendto(y, "first", 5, 0, (struct sockaddr *)&a, al));
	SHOW(sendto(y, "", 0, 0, (struct sockaddr *)&a, al));
	SHOW(sendto(y, "a longer one", 12, 0, (struct sockaddr *)&a, al));
	SHOW(ioctl(x, FIONREAD, &n));
	printf("%d\n", n);
	show_poll("received", x);
	show_from(x, MSG_PEEK);
	show_from(x, 0);
	show_from(x, 0);
	SHOW(recv(x, buf, 4, MSG_PEEK | MSG_TRUNC));
	SHOW(recv(x, buf, 4, 0));
	show_from(x, MSG_DONTWAIT);
	SHOW(sendto(y, "x", 1, 0, (struct sockaddr *)&c, cl));
	SHOW(connect(x, (struct sockaddr *)&b, bl));
	SHOW(send(x, "connected", 9, 0));
	show_from(y, 0);
	z = socket(AF_UNIX, SOCK_DGRAM, 0);
	SHOW(sendto(z, "x", 1, 0, (struct sockaddr *)&a, al));
	SHOW(connect(z, (struct sockaddr *)&a, al));
	SHOW(listen(z, 1));
	SHOW(accept(z, NULL, NULL));
	close(y);
	SHOW(send(x, "x", 1, 0));
	SHOW(send(x, "x", 1, 0));
	show_poll("peer gone", x);
	y = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(connect(y, (struct sockaddr *)&a, al));
	b.sun_family = AF_UNSPEC;
	SHOW(connect(x, (struct sockaddr *)&b, bl));
	SHOW(shutdown(x, SHUT_RD));
	show_poll("shut", x);
	SHOW(sendto(z, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&a, al));
	SHOW(recv(x, buf, 1, 0));
	SHOW(recv(x, buf, 1, MSG_DONTWAIT));
	close(x);
	close(y);
	close(z);
}

static void pair_of_datagrams(void)
{
	static char big[300000];
	int v[2], sent = 0;
	char buf[16];

	SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, v));
	show_poll("pair", v[0]);
	SHOW(send(v[0], big, sizeof(big), 0));
	SHOW(send(v[0], big, 100000, 0));
	SHOW(recv(v[1], big, sizeof(big), 0));
	while (send(v[0], big, 4096, 0) > 0)
		sent++;
	printf("%s\n", strerror(errno));
	FACT(sent > 5);
	struct pollfd p = { v[0], POLLOUT, 0 };
	SHOW(poll(&p, 1, 0));
	while (recv(v[1], big, sizeof(big), 0) == 4096)
		sent--;
	SHOW(sent);
	SHOW(poll(&p, 1, 0));
	close(v[1]);
	SHOW(send(v[0], "x", 1, 0));
	SHOW(recv(v[0], buf, 1, 0));
	close(v[0]);
}

static void packets(void)
{
	struct sockaddr_un a;
	socklen_t al = name(&a, "seq");
	int v[2], l, c, s;
	char buf[16];

	SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, v));
	SHOW(send(v[0], "one", 3, 0));
	SHOW(send(v[0], "three", 5, 0));
	show_recv("one", v[1], 100, 0);
	SHOW(recv(v[1], buf, 2, 0));
	show_recv("none", v[1], 100, MSG_DONTWAIT);
	SHOW(shutdown(v[0], SHUT_WR));
	show_poll("half closed", v[1]);
	show_recv("end", v[1], 100, 0);
	show_recv("end", v[1], 100, MSG_DONTWAIT);
	SHOW(send(v[0], "x", 1, MSG_NOSIGNAL));
	SHOW(send(v[1], "x", 1, 0));
	close(v[0]);
	show_poll("reset or closed", v[1]);
	show_recv("end", v[1], 100, 0);
	SHOW(send(v[1], "x", 1, MSG_NOSIGNAL));
	close(v[1]);

	l = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	show_poll("new", c);
	SHOW(send(c, "x", 1, 0));
	SHOW(recv(c, buf, 1, 0));
	SHOW(bind(l, (struct sockaddr *)&a, al));
	SHOW(listen(l, 3));
	SHOW(connect(c, (struct sockaddr *)&a, al));
	SHOW(send(c, "before", 6, 0));
	s = accept(l, NULL, NULL);
	show_recv("before", s, 100, 0);
	close(c);
	show_recv("end", s, 100, 0);
	close(s);
	close(l);
}

int main(void)
{
	enter_data();
	datagrams();
	pair_of_datagrams();
	packets();
	return 0;
}
