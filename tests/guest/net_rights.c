/* SPDX-License-Identifier: MIT */
// trap: yes
/* Open files and credentials that travel over AF_UNIX. */
#include "net.h"

union control { char buf[CMSG_SPACE(10 * sizeof(int))]; struct cmsghdr align; };

static ssize_t send_files(int fd, const char *text, const int *fds, int n)
{
	union control c = { { 0 } };
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	c.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
				    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.align), fds, n * sizeof(int));
	return sendmsg(fd, &m, 0);
}

/* Receives up to n bytes and what comes with them; the first file goes to *got. */
static void show_msg(int fd, size_t n, size_t room, int flags, int *got)
{
	union control c = { { 0 } };
	char text[64];
	struct iovec iov = { text, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf,
			    .msg_controllen = room };
	ssize_t r = recvmsg(fd, &m, flags);

	if (r < 0) {
		show_result("recvmsg", -1);
		return;
	}
	printf("'%.*s' flags %x control %zu:", (int)r, text, m.msg_flags, (size_t)m.msg_controllen);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		struct ucred *u = (void *)CMSG_DATA(h);
		int *f = (void *)CMSG_DATA(h), count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_type == SCM_CREDENTIALS) {
			printf(" creds %s",
			       u->pid == getpid() && u->uid == getuid() ? "mine" : "?");
			continue;
		}
		printf(" %d files", count);
		for (int i = 0; i < count; i++)
			if (i || !got)
				close(f[i]);
			else
				*got = f[0];
	}
	putchar('\n');
}

static void over(int type)
{
	int v[2], p[2], got = -1, fds[3], n;
	char buf[16] = "";

	socketpair(AF_UNIX, type, 0, v);
	pipe(p);
	SHOW(send_files(v[0], "take this", &p[1], 1));
	close(p[1]);
	show_msg(v[1], 64, CMSG_SPACE(sizeof(int)), MSG_CMSG_CLOEXEC, &got);
	SHOW(fcntl(got, F_GETFD));
	SHOW(write(got, "through", 7));
	close(got);
	SHOW(read(p[0], buf, 16));
	SHOW(read(p[0], buf, 16));
	printf("%s\n", buf);
	/* Several, with too little room for all. */
	fds[0] = fds[1] = fds[2] = p[0];
	SHOW(send_files(v[0], "three", fds, 3));
	show_msg(v[1], 64, CMSG_LEN(2 * sizeof(int)), 0, NULL);
	SHOW(send_files(v[0], "three", fds, 3));
	show_msg(v[1], 64, 0, 0, NULL);
	/* Seen twice by peeking. */
	SHOW(send_files(v[0], "peeked", fds, 1));
	show_msg(v[1], 64, CMSG_SPACE(4 * sizeof(int)), MSG_PEEK, NULL);
	show_msg(v[1], 64, CMSG_SPACE(4 * sizeof(int)), 0, NULL);
	/* Bytes around them, in pieces. */
	write(v[0], "ab", 2);
	send_files(v[0], "cdef", fds, 2);
	write(v[0], "gh", 2);
	show_msg(v[1], 3, CMSG_SPACE(4 * sizeof(int)), 0, NULL);
	show_msg(v[1], 64, CMSG_SPACE(4 * sizeof(int)), 0, NULL);
	show_msg(v[1], 64, CMSG_SPACE(4 * sizeof(int)), MSG_DONTWAIT, NULL);
	/* In flight when the socket goes: closed with it. */
	pipe(p);
	send_files(v[0], "lost", &p[1], 1);
	close(p[1]);
	close(v[1]);
	SHOW(read(p[0], buf, 1));
	close(v[0]);
	/* read(2) has no room for files. */
	socketpair(AF_UNIX, type, 0, v);
	pipe(p);
	send_files(v[0], "dropped", &p[1], 1);
	close(p[1]);
	SHOW(read(v[1], buf, 16));
	SHOW(read(p[0], buf, 1));
	/* Bad ones. */
	n = 9999;
	SHOW(send_files(v[0], "x", &n, 1));
	close(v[0]);
	close(v[1]);
}

static void credentials(void)
{
	struct ucred me = { getpid(), getuid(), getgid() };
	union control c = { { 0 } };
	struct iovec iov = { "hi", 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf,
			    .msg_controllen = CMSG_SPACE(sizeof(me)) };
	int v[2], one = 1;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, v);
	SHOW(setsockopt(v[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	c.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(me)),
				    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(&c.align), &me, sizeof(me));
	SHOW(sendmsg(v[0], &m, 0));
	show_msg(v[1], 64, sizeof(c.buf), 0, NULL);
	SHOW(send(v[0], "implied", 7, 0));
	show_msg(v[1], 64, sizeof(c.buf), 0, NULL);
	c.align.cmsg_len = CMSG_LEN(4);
	SHOW(sendmsg(v[0], &m, 0));
	c.align.cmsg_type = 77;
	SHOW(sendmsg(v[0], &m, 0));
	c.align.cmsg_len = 3;
	SHOW(sendmsg(v[0], &m, 0));
	close(v[0]);
	close(v[1]);
}

int main(void)
{
	puts("stream");
	over(SOCK_STREAM);
	puts("datagrams");
	over(SOCK_DGRAM);
	credentials();
	return 0;
}
