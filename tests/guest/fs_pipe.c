/* SPDX-License-Identifier: MIT */
// trap: yes
/* Pipes: order, end of file, capacity, non-blocking ends, SIGPIPE. */
#include <poll.h>
#include <sys/ioctl.h>
#include "t.h"

static volatile int sigpipe;

static void on_sigpipe(int sig)
{
	sigpipe = sig;
}

int main(void)
{
	static char big[70000];
	struct stat st;
	char buf[100];
	int p[2], n;

	SHOW(pipe(p));
	SHOW(write(p[1], "hello", 5));
	SHOW(write(p[1], " world", 6));
	SHOW(ioctl(p[0], FIONREAD, &n));
	printf("%d\n", n);
	SHOW(read(p[0], buf, 3));
	SHOW(read(p[0], buf + 3, 50));
	printf("'%.11s'\n", buf);
	SHOW(fcntl(p[0], F_SETFL, O_NONBLOCK));
	SHOW(read(p[0], buf, 1));
	SHOW(lseek(p[0], 0, SEEK_SET));
	SHOW(pread(p[0], buf, 1, 0));
	SHOW(write(p[0], buf, 1));
	SHOW(read(p[1], buf, 1));
	SHOW(fstat(p[0], &st));
	printf("fifo: %d\n", S_ISFIFO(st.st_mode));
	SHOW(fcntl(p[1], F_SETFL, O_NONBLOCK));
	SHOW(write(p[1], big, sizeof(big)));
	SHOW(write(p[1], big, 1));
	SHOW(read(p[0], big, 4096));
	SHOW(write(p[1], big, 4096));
	SHOW(close(p[1]));
	n = 0;
	for (ssize_t r; (r = read(p[0], big, sizeof(big))) > 0; )
		n += r;
	printf("then %d bytes\n", n);
	SHOW(read(p[0], buf, 1));
	close(p[0]);

	SHOW(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	SHOW(fcntl(p[0], F_GETFD));
	SHOW(fcntl(p[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	SHOW(pipe2(p, 1));
	close(p[0]);
	signal(SIGPIPE, on_sigpipe);
	SHOW(write(p[1], "x", 1));
	printf("signal %d\n", sigpipe);
	signal(SIGPIPE, SIG_IGN);
	SHOW(write(p[1], "x", 1));
	SHOW(syscall(SYS_pipe, (int *)8));
	SHOW(write(p[1], "x", 0));
	return 0;
}
