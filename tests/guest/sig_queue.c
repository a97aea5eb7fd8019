/* SPDX-License-Identifier: MIT */
// trap: yes
/* Real-time signals queue, with their values and in order; standard ones merge; errors. */
#include "t.h"

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("signal %d, code %d, value %d, from myself %d\n", sig, si->si_code,
	       si->si_value.sival_int, si->si_pid == getpid());
}

static void queue(int sig, int value)
{
	union sigval v = { .sival_int = value };

	SHOW(sigqueue(getpid(), sig, v));
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	int first = SIGRTMIN + 2;
	sigset_t set, old;
	stack_t st;

	sigfillset(&sa.sa_mask);
	for (int i = 0; i < 2; i++)
		SHOW(sigaction(first + i, &sa, NULL));
	SHOW(sigaction(SIGUSR1, &sa, NULL));
	sigfillset(&set);
	SHOW(sigprocmask(SIG_BLOCK, &set, &old));
	queue(first + 1, 1);
	queue(first, 2);
	queue(first, 3);
	queue(SIGUSR1, 4);
	queue(SIGUSR1, 5);
	SHOW(sigprocmask(SIG_SETMASK, &old, NULL));
	puts("--");

	/* What is ignored is forgotten, even when it was pending. */
	SHOW(sigprocmask(SIG_BLOCK, &set, &old));
	queue(first, 6);
	signal(first, SIG_IGN);
	SHOW(sigpending(&set));
	FACT(!sigismember(&set, first));
	SHOW(sigprocmask(SIG_SETMASK, &old, NULL));

	SHOW(kill(getpid(), 0));
	SHOW(kill(getpid(), 65));
	SHOW(kill(getpid(), -1));
	SHOW(kill(0x3fffffff, 0));
	SHOW(syscall(SYS_tgkill, getpid(), getpid(), 0));
	SHOW(syscall(SYS_tgkill, 0, getpid(), 0));
	SHOW(syscall(SYS_tkill, -1, 0));
	SHOW(sigaction(SIGKILL, &sa, NULL));
	SHOW(syscall(SYS_rt_sigaction, 0, NULL, &sa, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &sa, 4));
	SHOW(syscall(SYS_rt_sigprocmask, 7, &set, NULL, 8));
	SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8));
	st = (stack_t){ .ss_sp = &st, .ss_size = 100 };
	SHOW(sigaltstack(&st, NULL));
	st = (stack_t){ .ss_sp = &st, .ss_size = 10000, .ss_flags = 77 };
	SHOW(sigaltstack(&st, NULL));
	SHOW(sigaltstack(NULL, &st));
	FACT(st.ss_flags == SS_DISABLE);
	return 0;
}
