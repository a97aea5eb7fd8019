/* SPDX-License-Identifier: MIT */
/* Several buffers and several messages: sendmsg, recvmsg, sendmmsg, recvmmsg, sendfile, readv. */
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include "net.h"

static void buffers(int type)
{
	struct iovec out[4] = { { "one ", 4 }, { NULL, 0 }, { "two ", 4 }, { "three", 5 } };
	char a[3], b[7], c[20];
	struct iovec in[3] = { { a, 3 }, { b, 7 }, { c, 20 } };
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 4 };
	int v[2];

	socketpair(AF_UNIX, type, 0, v);
	SHOW(sendmsg(v[0], &m, 0));
	m.msg_iov = in;
	m.msg_iovlen = 3;
	m.msg_flags = 77;
	SHOW(recvmsg(v[1], &m, MSG_PEEK));
	printf("'%.3s' '%.7s' '%.3s' flags %x\n", a, b, c, m.msg_flags);
	m.msg_iovlen = 2;
	SHOW(recvmsg(v[1], &m, MSG_TRUNC));
	printf("'%.3s' '%.7s' flags %x\n", a, b, m.msg_flags);
	SHOW(writev(v[0], out, 4));
	SHOW(readv(v[1], in, 3));
	m.msg_iovlen = 1025;
	SHOW(syscall(SYS_sendmsg, v[0], &m, 0));
	m.msg_iovlen = 1;
	out[0].iov_base = (void *)8;
	m.msg_iov = out;
	SHOW(syscall(SYS_sendmsg, v[0], &m, 0));
	SHOW(syscall(SYS_sendmsg, v[0], 8, 0));
	m.msg_namelen = -1;
	SHOW(syscall(SYS_sendmsg, v[0], &m, 0));
	SHOW(recv(v[1], c, 20, MSG_DONTWAIT));
	close(v[0]);
	close(v[1]);
}

static void many(void)
{
	struct iovec iov[4] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 }, { "dddd", 4 } };
	struct mmsghdr m[5] = { 0 };
	struct timespec now = { 0, 0 };
	char buf[5][8] = { { 0 } };
	struct iovec in[5];
	int v[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, v);
	for (int i = 0; i < 4; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	SHOW(sendmmsg(v[0], m, 4, 0));
	printf("%u %u %u %u\n", m[0].msg_len, m[1].msg_len, m[2].msg_len, m[3].msg_len);
	for (int i = 0; i < 5; i++) {
		in[i] = (struct iovec){ buf[i], 8 };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
	}
	SHOW(recvmmsg(v[1], m, 2, 0, NULL));
	printf("'%s' '%s'\n", buf[0], buf[1]);
	SHOW(recvmmsg(v[1], m, 5, MSG_WAITFORONE, NULL));
	printf("'%s' '%s'\n", buf[0], buf[1]);
	SHOW(recvmmsg(v[1], m, 5, MSG_DONTWAIT, NULL));
	send(v[0], "x", 1, 0);
	SHOW(recvmmsg(v[1], m, 5, 0, &now));
	now.tv_nsec = 1000000000;
	SHOW(recvmmsg(v[1], m, 5, 0, &now));
	close(v[0]);
	close(v[1]);
}

static void file(void)
{
	char buf[32] = "";
	int v[2], fd;

	make_file("data", "0123456789");
	fd = open("data", O_RDONLY);
	tcp_pair(v);
	SHOW(sendfile(v[0], fd, &(off_t){ 3 }, 5));
	SHOW(recv(v[1], buf, 5, MSG_WAITALL));
	printf("%s\n", buf);
	SHOW(pread(v[0], buf, 1, 0));
	SHOW(ftruncate(v[0], 0));
	SHOW(fsync(v[0]));
	close(fd);
	close(v[0]);
	close(v[1]);
}

int main(void)
{
	enter_data();
	puts("stream");
	buffers(SOCK_STREAM);
	puts("datagrams");
	buffers(SOCK_DGRAM);
	many();
	file();
	return 0;
}
