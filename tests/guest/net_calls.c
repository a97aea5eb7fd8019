/* SPDX-License-Identifier: MIT */
// trap: yes
/* The socket calls with what they must refuse: descriptors, pointers, lengths, flags, families. */
#include <sys/resource.h>
#include "net.h"

static void making(void)
{
	SHOW(socket(AF_INET, SOCK_STREAM | 0x100, 0));
	SHOW(socket(AF_INET, 99, 0));
	SHOW(socket(AF_INET, 7, 0));
	SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	SHOW(socket(AF_INET, SOCK_STREAM, -1));
	SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
	SHOW(socket(-1, SOCK_STREAM, 0));
	SHOW(socket(4711, SOCK_STREAM, 0));
	SHOW(socket(AF_UNIX, SOCK_STREAM, 5));
	SHOW(socket(AF_UNIX, 4, 0));
	SHOW_OK(socket(AF_UNIX, SOCK_RAW, 0));
	SHOW_OK(socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP));
	SHOW_OK(socket(AF_NETLINK, SOCK_RAW, 0));
	SHOW(socket(AF_NETLINK, SOCK_STREAM, 0));
}

static void no_socket(int fd)
{
	struct sockaddr_in a = in4("127.0.0.1", 80);
	socklen_t len = sizeof(a);
	char c = 0;

	SHOW(bind(fd, SA(a)));
	SHOW(listen(fd, 1));
	SHOW(accept(fd, NULL, NULL));
	SHOW(accept4(fd, NULL, NULL, 0));
	SHOW(connect(fd, SA(a)));
	SHOW(getsockname(fd, (struct sockaddr *)&a, &len));
	SHOW(getpeername(fd, (struct sockaddr *)&a, &len));
	SHOW(shutdown(fd, 0));
	SHOW(send(fd, &c, 1, 0));
	SHOW(recv(fd, &c, 1, 0));
	SHOW(syscall(SYS_sendmsg, fd, 8, 0));
	SHOW(syscall(SYS_recvmsg, fd, 8, 0));
	SHOW(syscall(SYS_sendmmsg, fd, 8, 1, 0));
	SHOW(syscall(SYS_recvmmsg, fd, 8, 1, 0, 0));
}

static void pointers(void)
{
	struct sockaddr_in a = in4("127.0.0.1", 0);
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), v[2];

	SHOW(syscall(SYS_bind, fd, 8, 16));
	SHOW(syscall(SYS_bind, fd, &a, 4096));
	SHOW(syscall(SYS_connect, fd, 8, 16));
	SHOW(syscall(SYS_connect, fd, &a, 1));
	SHOW(syscall(SYS_connect, fd, &a, 8));
	SHOW(syscall(SYS_getsockname, fd, 8, &len));
	SHOW(syscall(SYS_getsockname, fd, &a, 8));
	len = -1;
	SHOW(syscall(SYS_getsockname, fd, &a, &len));
	len = 3;
	SHOW(syscall(SYS_getsockname, fd, &a, &len));
	printf("%u\n", len);
	close(fd);
	tcp_pair(v);
	SHOW(syscall(SYS_sendto, v[0], 8, 1, 0, 0, 0));
	SHOW(syscall(SYS_sendto, v[0], "x", 1, 0, 8, 16));
	SHOW(syscall(SYS_sendto, v[0], "x", 1, 0, &a, 200));
	SHOW(send(v[0], "abc", 3, 0));
	SHOW(syscall(SYS_recvfrom, v[1], 8, 1, 0, 0, 0));
	SHOW(syscall(SYS_recvfrom, v[1], &a, 0, 0, 0, 0));
	SHOW(syscall(SYS_recvfrom, v[1], &a, 1, 0, &a, 8));
	show_recv("the rest", v[1], 10, 0);
	SHOW(send(v[0], "x", 1, MSG_NOSIGNAL | 0x80000));
	SHOW(syscall(SYS_accept, v[0], 8, 8));
	SHOW(syscall(SYS_shutdown, v[0], -1));
	close(v[0]);
	close(v[1]);
}

/* Where connections go that find no descriptor. */
static void no_descriptor(void)
{
	int port, l = tcp_listener("127.0.0.1", 5, &port), c = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = in4("127.0.0.1", port);
	struct rlimit few = { 60, 60 };
	int fds[60], n = 0;

	SHOW(connect(c, SA(a)));
	SHOW(setrlimit(RLIMIT_NOFILE, &few));
	while ((fds[n] = dup(0)) >= 0)
		n++;
	SHOW(accept(l, NULL, NULL));
	SHOW(socket(AF_INET, SOCK_STREAM, 0));
	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	close(fds[--n]);
	SHOW_OK(accept(l, NULL, NULL));
	while (n > 0)
		close(fds[--n]);
}

int main(void)
{
	making();
	puts("no descriptor");
	no_socket(99);
	puts("no socket");
	no_socket(open("/dev/null", O_RDWR));
	pointers();
	no_descriptor();
	return 0;
}
