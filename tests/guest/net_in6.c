/* SPDX-License-Identifier: MIT */
/* IPv6 on the loopback interface, and sockets that speak both. */
#include "net.h"

static int listener(const char *ip, int v6only, int *port)
{
	struct sockaddr_in6 a = in6(ip, 0);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	SHOW(bind(fd, SA(a)));
	SHOW(listen(fd, 5));
	*port = port_of(fd);
	return fd;
}

static void accept_one(int l, int c)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	int s = accept(l, (struct sockaddr *)&a, &len);

	show_addr("accepted from", &a, len);
	show_names("server", s);
	show_names("client", c);
	close(s);
	close(c);
}

int main(void)
{
	struct sockaddr_in6 a6;
	struct sockaddr_in a4;
	int port, l, c, s, one = 1, zero = 0;
	char buf[16];

	c = socket(AF_INET6, SOCK_STREAM, 0);
	show_names("new", c);
	close(c);

	puts("::1");
	l = listener("::1", 0, &port);
	a6 = in6("::1", port);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a6)));
	accept_one(l, c);
	a4 = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a4)));
	close(c);
	close(l);

	puts("both");
	l = listener("::", 0, &port);
	a4 = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a4)));
	accept_one(l, c);
	a6 = in6("::ffff:127.0.0.1", port);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a6)));
	accept_one(l, c);
	a6 = in6("::", port);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a6)));
	accept_one(l, c);
	s = socket(AF_INET, SOCK_STREAM, 0);
	a4 = in4("0.0.0.0", port);
	SHOW(bind(s, SA(a4)));
	close(s);
	SHOW(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)));
	close(l);

	puts("only IPv6");
	l = listener("::", 1, &port);
	a4 = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a4)));
	close(c);
	s = socket(AF_INET, SOCK_STREAM, 0);
	a4 = in4("0.0.0.0", port);
	SHOW(bind(s, SA(a4)));
	SHOW(listen(s, 1));
	close(s);
	close(l);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	setsockopt(c, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	a6 = in6("::ffff:127.0.0.1", port);
	SHOW(connect(c, SA(a6)));
	SHOW(bind(c, SA(a6)));
	SHOW(connect(c, (struct sockaddr *)&a6, 20));
	SHOW(connect(c, (struct sockaddr *)&a4, sizeof(a4)));
	close(c);

	puts("UDP");
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	a6 = in6("::", 0);
	SHOW(bind(s, SA(a6)));
	port = port_of(s);
	a6 = in6("::1", port);
	c = socket(AF_INET6, SOCK_DGRAM, 0);
	SHOW(sendto(c, "six", 3, 0, SA(a6)));
	SHOW(recv(s, buf, sizeof(buf), 0));
	close(c);
	a4 = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_DGRAM, 0);
	SHOW(connect(c, SA(a4)));
	SHOW(send(c, "four", 4, 0));
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	SHOW(recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
	show_addr("from", &from, len);
	close(c);
	close(s);
	return 0;
}
