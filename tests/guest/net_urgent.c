/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
/*
 * TCP's urgent data.  Not run natively, for not every host has it (gVisor does not).  What is
 * expected is what Linux 6.1 prints (the svm lab's kernel, where it was run natively).
 */
#include "net.h"

static int a, b;

static void read_some(const char *what, int flags)
{
	char buf[32] = "";
	ssize_t n = recv(b, buf, sizeof(buf) - 1, flags | MSG_DONTWAIT);

	printf("%s: %zd '%s'%s%s\n", what, n, buf, n < 0 ? " " : "", n < 0 ? strerror(errno) : "");
}

static void show(const char *what)
{
	struct pollfd p = { b, POLLIN | POLLPRI, 0 };
	int mark = -1, n = -1;

	poll(&p, 1, 0);
	ioctl(b, SIOCATMARK, &mark);
	ioctl(b, FIONREAD, &n);
	printf("%s: %s%smark %d, %d bytes\n", what, p.revents & POLLIN ? "in " : "",
	       p.revents & POLLPRI ? "pri " : "", mark, n);
}

static void pair(void)
{
	struct sockaddr_in addr = in4("127.0.0.1", 0);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	bind(l, SA(addr));
	listen(l, 1);
	addr = in4("127.0.0.1", port_of(l));
	a = socket(AF_INET, SOCK_STREAM, 0);
	FACT(!connect(a, SA(addr)));
	b = accept(l, NULL, NULL);
	close(l);
}

int main(void)
{
	struct msghdr m = { 0 };
	int one = 1;

	pair();
	read_some("none", MSG_OOB);
	SHOW(send(a, "abc", 3, 0));
	SHOW(send(a, "defX", 4, MSG_OOB));
	SHOW(send(a, "ghi", 3, 0));
	show("sent");
	read_some("peek", MSG_OOB | MSG_PEEK);
	read_some("urgent", MSG_OOB);
	read_some("again", MSG_OOB);
	show("read");
	read_some("before", 0);
	show("at the mark");
	read_some("peek", MSG_PEEK);
	read_some("behind", 0);
	show("passed");

	/* Alone; and one that another overtakes. */
	SHOW(send(a, "1", 1, MSG_OOB));
	show("alone");
	read_some("alone", 0);
	SHOW(send(a, "2", 1, MSG_OOB));
	SHOW(send(a, "x3", 2, MSG_OOB));
	read_some("urgent", MSG_OOB);
	read_some("rest", 0);
	SHOW(recvmsg(b, &m, MSG_OOB | MSG_DONTWAIT));

	/* In line. */
	SHOW(setsockopt(b, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)));
	SHOW(send(a, "abcX", 4, MSG_OOB));
	SHOW(send(a, "def", 3, 0));
	show("in line");
	read_some("urgent", MSG_OOB);
	read_some("before", 0);
	show("at the mark");
	read_some("behind", 0);
	show("passed");
	return 0;
}
