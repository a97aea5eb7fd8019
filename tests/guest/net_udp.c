/* SPDX-License-Identifier: MIT */
// trap: yes
/* UDP on the loopback interface, connected and not. */
#include "net.h"

static void show_from(int fd, size_t n, int flags)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char buf[64];
	ssize_t r = recvfrom(fd, buf, n, flags, (struct sockaddr *)&a, &len);

	if (r < 0) {
		show_result("recvfrom", -1);
		return;
	}
	printf("%zd '%.*s' ", r, (int)(r < (ssize_t)n ? r : (ssize_t)n), buf);
	show_addr("from", &a, len);
}

static int bound(const char *ip, struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*a = in4(ip, 0);
	bind(fd, SA(*a));
	*a = in4("127.0.0.1", port_of(fd));
	return fd;
}

static void unconnected(void)
{
	static char big[65536];
	struct sockaddr_in a, none = in4("127.0.0.1", 1);
	int r = bound("127.0.0.1", &a), s = socket(AF_INET, SOCK_DGRAM, 0), n;

	show_names("new", s);
	show_poll("new", s);
	SHOW(send(s, "x", 1, 0));
	SHOW(sendto(s, "hello", 5, 0, SA(a)));
	show_names("sender", s);
	show_names("receiver", r);
	SHOW(sendto(s, "", 0, 0, SA(a)));
	SHOW(sendto(s, "a longer one", 12, 0, SA(a)));
	SHOW(ioctl(r, FIONREAD, &n));
	printf("%d\n", n);
	show_from(r, 64, MSG_PEEK);
	show_from(r, 64, 0);
	show_from(r, 64, 0);
	show_from(r, 5, MSG_TRUNC);
	show_from(r, 64, MSG_DONTWAIT);
	SHOW(sendto(s, big, 65508, 0, SA(a)));
	SHOW(sendto(s, big, 65507, 0, SA(a)));
	SHOW(recv(r, big, sizeof(big), 0));
	SHOW(sendto(s, "x", 1, 0, SA(none)));
	show_error("nobody there", s);
	none.sin_port = 0;
	SHOW(sendto(s, "x", 1, 0, SA(none)));
	SHOW(sendto(s, "x", 1, MSG_OOB, SA(a)));
	SHOW(sendto(s, "x", 1, 0, (struct sockaddr *)&a, 4));
	SHOW(listen(s, 1));
	SHOW(accept(s, NULL, NULL));
	SHOW(shutdown(s, SHUT_RD));
	close(r);
	close(s);
}

static void connected(void)
{
	struct sockaddr_in a, b, gone;
	int r = bound("0.0.0.0", &a), s = bound("127.0.0.1", &b), t = bound("127.0.0.1", &gone);

	SHOW(connect(s, SA(a)));
	show_names("connected", s);
	SHOW(send(s, "one", 3, 0));
	show_from(r, 64, 0);
	SHOW(sendto(t, "from another", 12, 0, SA(b)));
	show_from(s, 64, MSG_DONTWAIT);
	SHOW(sendto(r, "from the peer", 13, 0, SA(b)));
	show_from(s, 64, 0);
	SHOW(sendto(s, "elsewhere", 9, 0, SA(gone)));
	show_from(t, 64, 0);
	close(t);
	SHOW(connect(s, SA(gone)));
	SHOW(send(s, "x", 1, 0));
	settle();
	show_poll("refused", s);
	SHOW(send(s, "x", 1, 0));
	SHOW(send(s, "x", 1, 0));
	settle();
	show_from(s, 64, 0);
	SHOW(shutdown(s, SHUT_RD));
	show_poll("shut", s);
	show_from(s, 64, 0);
	a.sin_family = AF_UNSPEC;
	SHOW(connect(s, SA(a)));
	show_names("disconnected", s);
	SHOW(send(s, "x", 1, 0));
	close(s);
	close(r);
}

static void sharing(void)
{
	struct sockaddr_in a;
	int r = bound("127.0.0.1", &a), s = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	SHOW(bind(s, SA(a)));
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	SHOW(bind(s, SA(a)));
	setsockopt(r, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	SHOW(bind(s, SA(a)));
	close(s);
	close(r);
}

/* To which address it was sent. */
static void destination(void)
{
	union { char buf[64]; struct cmsghdr align; } c = { { 0 } };
	char text[16];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf,
			    .msg_controllen = sizeof(c.buf) };
	struct sockaddr_in a;
	int r = bound("0.0.0.0", &a), one = 1;
	struct cmsghdr *h;
	char ip[32];

	SHOW(setsockopt(r, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)));
	a = in4("127.9.8.7", ntohs(a.sin_port));
	sendto(r, "x", 1, 0, SA(a));
	SHOW(recvmsg(r, &m, 0));
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *i = (void *)CMSG_DATA(h);

		printf("to %s on %d\n", inet_ntop(AF_INET, &i->ipi_addr, ip, sizeof(ip)),
		       i->ipi_ifindex);
	}
	close(r);
}

int main(void)
{
	unconnected();
	connected();
	sharing();
	destination();
	return 0;
}
