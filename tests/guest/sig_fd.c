/* SPDX-License-Identifier: MIT */
// trap: yes
/* signalfd: pending signals read as records, what each holds, how it is waited for. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include "t.h"

static sigset_t mask;

static void show(int fd)
{
	struct signalfd_siginfo s[4];
	ssize_t n;

	memset(s, 0xee, sizeof(s));
	n = read(fd, s, sizeof(s));
	if (n < 0) {
		printf("read: errno %d\n", errno);
		return;
	}
	for (size_t i = 0; i < n / sizeof(s[0]); i++)
		printf("signal %u code %d errno %d int %d self %d uid %d\n", s[i].ssi_signo,
		       s[i].ssi_code, s[i].ssi_errno, s[i].ssi_int,
		       s[i].ssi_pid == (uint32_t)getpid(), s[i].ssi_uid == getuid());
}

static void errors(void)
{
	int p[2];

	pipe(p);
	SHOW(syscall(SYS_signalfd4, -1, &mask, 4, 0));
	SHOW(syscall(SYS_signalfd4, -1, 8, 8, 0));
	SHOW(syscall(SYS_signalfd4, -1, &mask, 8, 1));
	SHOW(syscall(SYS_signalfd4, 99, &mask, 8, 0));
	SHOW(syscall(SYS_signalfd4, p[0], &mask, 8, 0));
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	struct epoll_event e = { .events = EPOLLIN }, got;
	struct itimerval it = { { 0, 0 }, { 0, 10000 } };
	struct pollfd p = { .events = POLLIN | POLLOUT };
	struct signalfd_siginfo s;
	int fd, same, ep = epoll_create1(0);

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGALRM);
	sigaddset(&mask, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	errors();
	fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	SHOW(fcntl(fd, F_GETFD));
	p.fd = fd;
	SHOW(poll(&p, 1, 0));
	show(fd);
	SHOW(read(fd, &s, sizeof(s) - 1));
	SHOW(write(fd, &s, sizeof(s)));
	SHOW(raise(SIGUSR1));
	SHOW(kill(getpid(), SIGUSR1));
	SHOW(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 5 }));
	SHOW(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 6 }));
	SHOW(poll(&p, 1, -1));
	printf("%x\n", p.revents);
	/* The thread's own before the process's. */
	show(fd);
	show(fd);
	SHOW(raise(SIGUSR1));
	SHOW(syscall(SYS_read, fd, 8, sizeof(s)));
	SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	SHOW(epoll_wait(ep, &got, 1, 0));
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(epoll_wait(ep, &got, 1, 5000));
	SHOW(read(fd, &s, sizeof(s)));
	printf("signal %u code %d\n", s.ssi_signo, s.ssi_code);
	SHOW(fcntl(fd, F_SETFL, 0));
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(read(fd, &s, sizeof(s)));
	printf("signal %u code %d\n", s.ssi_signo, s.ssi_code);
	SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
	/* Another mask: what is pending already counts. */
	SHOW(raise(SIGUSR1));
	sigdelset(&mask, SIGUSR1);
	same = signalfd(fd, &mask, 0);
	FACT(same == fd);
	SHOW(poll(&p, 1, 0));
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGKILL);
	same = signalfd(fd, &mask, 0);
	FACT(same == fd);
	SHOW(poll(&p, 1, 0));
	show(fd);
	return 0;
}
