/* SPDX-License-Identifier: MIT */
// trap: yes
/* Signals to oneself: handlers, siginfo, masks, pending ones, one-shot and nested handlers. */
#include <time.h>
#include "t.h"

static volatile int count, calls, depth, max_depth;
static siginfo_t last;

static void on_info(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	count++;
	last = *si;
	printf("handler %d, code %d\n", sig, si->si_code);
}

static void on_nested(int sig)
{
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	if (calls++ < 3)
		raise(sig);
	depth--;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO }, old;
	struct timespec ts = { 0, 1000000 };
	sigset_t set, pend;
	union sigval val = { .sival_int = 77 };

	SHOW(sigaction(SIGUSR1, &sa, NULL));
	SHOW(sigaction(SIGUSR1, NULL, &old));
	FACT(old.sa_sigaction == on_info);
	SHOW(raise(SIGUSR1));
	SHOW(kill(getpid(), SIGUSR1));
	FACT(last.si_pid == getpid());
	sigaction(SIGRTMIN, &sa, NULL);
	SHOW(sigqueue(getpid(), SIGRTMIN, val));
	printf("value %d\n", last.si_value.sival_int);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
	count = 0;
	raise(SIGUSR1);
	raise(SIGUSR1);
	printf("blocked: %d\n", count);
	sigpending(&pend);
	FACT(sigismember(&pend, SIGUSR1) == 1 && sigismember(&pend, SIGUSR2) == 0);
	SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
	printf("unblocked: %d\n", count);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	sigemptyset(&set);
	SHOW(sigsuspend(&set));
	printf("after sigsuspend: %d\n", count);
	sigprocmask(SIG_SETMASK, NULL, &pend);
	FACT(sigismember(&pend, SIGUSR1) == 1);
	raise(SIGUSR1);
	sigaddset(&set, SIGUSR1);
	SHOW(sigtimedwait(&set, &last, &ts));
	SHOW(sigtimedwait(&set, &last, &ts));
	sigprocmask(SIG_SETMASK, (sigemptyset(&set), &set), NULL);

	/* Blocked while its handler runs, unless SA_NODEFER. */
	sa = (struct sigaction){ .sa_handler = on_nested };
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	printf("depth %d, calls %d\n", max_depth, calls);
	calls = 0;
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	printf("depth %d\n", max_depth);
	sa = (struct sigaction){ .sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_RESETHAND };
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	sigaction(SIGUSR2, NULL, &old);
	FACT(old.sa_handler == SIG_DFL);
	signal(SIGUSR2, SIG_IGN);
	SHOW(raise(SIGUSR2));
	SHOW(raise(SIGCHLD));
	SHOW(raise(SIGWINCH));
	SHOW(kill(getpid(), 0));
	SHOW(raise(0));
	SHOW(kill(getpid(), 65));
	SHOW(sigaction(SIGKILL, &sa, NULL));
	SHOW(sigaction(SIGSTOP, &sa, NULL));
	SHOW(sigaction(65, &sa, NULL));
	SHOW(kill(999999, 0));
	return 0;
}
