/* SPDX-License-Identifier: MIT */
// trap: yes
/* A read that a signal interrupts goes on with SA_RESTART and fails with EINTR without. */
#include <sys/time.h>
#include "t.h"

static int fds[2], write_one, count;

static void on_alarm(int sig)
{
	(void)sig;
	count++;
	if (write_one && write(fds[1], "x", 1) != 1)
		_exit(9);
}

static void arm(int flags, int with_write)
{
	struct itimerval it = { { 0, 0 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };

	write_one = with_write;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

int main(void)
{
	struct iovec { void *base; size_t len; } iov;
	char buf[8] = "";
	long a[6];

	SHOW(pipe(fds));
	arm(0, 0);
	SHOW(read(fds[0], buf, sizeof(buf)));
	arm(SA_RESTART, 1);
	SHOW(read(fds[0], buf, sizeof(buf)));
	printf("'%s' after %d signals\n", buf, count);
	iov = (struct iovec){ buf + 1, 3 };
	arm(SA_RESTART, 1);
	SHOW(syscall(SYS_readv, fds[0], &iov, 1));
	printf("'%s' after %d signals\n", buf, count);
	/* All six arguments arrive again. */
	arm(SA_RESTART, 1);
	a[0] = syscall(SYS_preadv2, fds[0], &iov, 1, -1L, -1L, 0);
	show_result("preadv2", a[0]);
	printf("%d signals\n", count);
	/* sleep is never restarted. */
	arm(SA_RESTART, 0);
	FACT(sleep(100) > 90);
	arm(SA_RESTART, 0);
	SHOW(pause());
	printf("%d signals\n", count);
	return 0;
}
