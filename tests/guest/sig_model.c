/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * Thousands of random steps with masks, dispositions, queues and nested handlers: the trace is
 * the same as the kernel's.  The sequence is fixed, so that a difference can be looked at.
 */
#include <time.h>
#include <ucontext.h>
#include "t.h"

#define STEPS		4000
#define DEPTH_MAX	3

static unsigned long seed = 12345;
static int depth, steps;
static char stack[65536];

/* SIGCHLD, SIGWINCH and SIGURG are ignored by default; the others never stay at SIG_DFL. */
static const int signals[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCHLD, SIGWINCH, SIGURG,
			       36, 40, 50, 64 };

static unsigned int pick(unsigned int n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)(seed >> 33) % n;
}

static int pick_signal(void)
{
	return signals[pick(ARRAY_SIZE(signals))];
}

static unsigned long pick_set(void)
{
	unsigned long set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (pick(3) == 0)
			set |= 1UL << (signals[i] - 1);
	return set;
}

static unsigned long mask_now(void)
{
	unsigned long mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	return mask;
}

static void step(void);

static void handler(int sig, siginfo_t *si, void *uc)
{
	unsigned long saved;
	stack_t st;

	memcpy(&saved, &((ucontext_t *)uc)->uc_sigmask, sizeof(saved));
	sigaltstack(NULL, &st);
	printf("%*s> %d code %d value %d mask %lx was %lx stack %d\n", depth, "", sig, si->si_code,
	       sig >= 36 ? si->si_value.sival_int : 0, mask_now(), saved, st.ss_flags);
	depth++;
	if (depth < DEPTH_MAX)
		for (unsigned int n = pick(4); n; n--)
			step();
	depth--;
	printf("%*s<\n", depth, "");
}

static void set_action(void)
{
	static const int flags[] = { 0, SA_NODEFER, SA_ONSTACK, SA_RESTART };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO }, old;
	int sig = pick_signal();
	unsigned long set = pick_set();

	sa.sa_flags |= flags[pick(ARRAY_SIZE(flags))];
	memcpy(&sa.sa_mask, &set, sizeof(set));
	switch (pick(6)) {
	case 0:
		sa.sa_handler = SIG_IGN;
		break;
	case 1:
		if (sig == SIGCHLD || sig == SIGWINCH || sig == SIGURG)
			sa.sa_handler = SIG_DFL;
		break;
	case 2:
		if (sig == SIGCHLD || sig == SIGWINCH || sig == SIGURG)
			sa.sa_flags |= SA_RESETHAND;
		break;
	}
	sigaction(sig, &sa, &old);
	printf("%*saction %d flags %x, was %d %x\n", depth, "", sig, sa.sa_flags,
	       old.sa_handler == SIG_DFL ? 0 : old.sa_handler == SIG_IGN ? 1 : 2,
	       old.sa_flags & ~0x04000000);
}

static void send(void)
{
	int sig = pick_signal(), value = ++steps;
	union sigval v = { .sival_int = value };
	long res;

	printf("%*ssend %d value %d\n", depth, "", sig, value);
	if (sig >= 36 && pick(2))
		res = sigqueue(getpid(), sig, v);
	else if (pick(2))
		res = kill(getpid(), sig);
	else
		res = syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
	printf("%*s= %ld\n", depth, "", res);
}

static void take(void)
{
	struct timespec now = { 0, 0 };
	unsigned long set = pick_set();
	siginfo_t si;
	long sig;

	memset(&si, 0, sizeof(si));
	sig = syscall(SYS_rt_sigtimedwait, &set, &si, &now, 8);
	printf("%*stake %lx: %ld code %d\n", depth, "", set, sig, sig > 0 ? si.si_code : 0);
}

static void step(void)
{
	unsigned long set, old = 0;
	int how;

	switch (pick(8)) {
	case 0:
	case 1:
		how = (int)pick(3);
		set = pick_set();
		syscall(SYS_rt_sigprocmask, how, &set, &old, 8);
		printf("%*smask %d %lx: %lx, now %lx\n", depth, "", how, set, old, mask_now());
		break;
	case 2:
		set_action();
		break;
	case 3:
		set = 0;
		syscall(SYS_rt_sigpending, &set, 8);
		printf("%*spending %lx\n", depth, "", set);
		break;
	case 4:
		take();
		break;
	default:
		send();
	}
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	stack_t st = { .ss_sp = stack, .ss_size = sizeof(stack) };
	unsigned long none = 0;

	SHOW(sigaltstack(&st, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
	for (int i = 0; i < STEPS; i++)
		step();
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	puts("end");
	return 0;
}
