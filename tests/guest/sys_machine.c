/* SPDX-License-Identifier: MIT */
// trap: yes
/* What a program asks of its clock, its scheduler and itself: adjtimex, attributes, pidfd. */
#include <sched.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>
#include "t.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void adjust(void)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	FACT(state >= 0 && state <= 5);
	FACT(t.tick == 10000 && t.time.tv_sec > 1000000000);
	SHOW(syscall(SYS_adjtimex, 8));
	SHOW(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &t));
	SHOW(syscall(SYS_clock_adjtime, 77, &t));
	SHOW(syscall(SYS_clock_adjtime, CLOCK_REALTIME, 8));
	FACT(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t) == state);
}

static void attributes(void)
{
	struct attr a;

	memset(&a, 0xff, sizeof(a));
	SHOW(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	printf("%u %u %d %u\n", a.size, a.policy, a.nice, a.priority);
	memset(&a, 0xff, sizeof(a));
	SHOW(syscall(SYS_sched_getattr, 0, &a, 48, 0));
	printf("%u %x\n", a.size, a.util_min);
	SHOW(syscall(SYS_sched_getattr, 0, &a, 47, 0));
	SHOW(syscall(SYS_sched_getattr, 0, &a, 5000, 0));
	SHOW(syscall(SYS_sched_getattr, 0, &a, 48, 1));
	SHOW(syscall(SYS_sched_getattr, 999999, &a, 48, 0));
	SHOW(syscall(SYS_sched_getattr, 0, 0, 48, 0));
	a = (struct attr){ .size = 48, .nice = 3 };
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(getpriority(PRIO_PROCESS, 0));
	a.size = 20;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	printf("%u\n", a.size);
	a = (struct attr){ .size = 48, .policy = SCHED_FIFO };
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = 9;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a = (struct attr){ .size = 48, .flags = 1 << 20 };
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_sched_setattr, 0, 0, 0));
	SHOW(syscall(SYS_sched_setattr, 0, 8, 0));
	SHOW(syscall(SYS_sched_setattr, -1, &a, 0));
	SHOW(syscall(SYS_sched_setattr, 0, &a, 1));
	a = (struct attr){ .size = 56, .policy = SCHED_BATCH, .nice = 7 };
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_sched_getscheduler, 0));
	SHOW(getpriority(PRIO_PROCESS, 0));
}

static void myself(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0), copy;
	siginfo_t si = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	struct timespec none = { 0, 0 };
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	SHOW(fcntl(fd, F_GETFD));
	SHOW(syscall(SYS_pidfd_open, getpid(), 1));
	SHOW(syscall(SYS_pidfd_open, 0, 0));
	SHOW(syscall(SYS_pidfd_open, 999999, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, 1, 0, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, 8, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR2, &si, 0));
	si.si_value.sival_int = 77;
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &si, 0));
	memset(&si, 0, sizeof(si));
	SHOW(sigtimedwait(&usr1, &si, &none));
	printf("%d %d\n", si.si_code, si.si_value.sival_int);
	SHOW(syscall(SYS_pidfd_getfd, fd, 99, 0));
	SHOW(syscall(SYS_pidfd_getfd, fd, 1, 1));
	SHOW(syscall(SYS_pidfd_getfd, 1, 1, 0));
	copy = syscall(SYS_pidfd_getfd, fd, 1, 0);
	SHOW(fcntl(copy, F_GETFD));
	SHOW(write(copy, "out\n", 4));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	adjust();
	attributes();
	myself();
	return 0;
}
