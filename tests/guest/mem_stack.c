/* SPDX-License-Identifier: MIT */
/* The stack grows to its limit; below lies a guard that the handler's own stack survives. */
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#include <setjmp.h>
#include <sys/resource.h>
#include "t.h"

static sigjmp_buf back;
static volatile int depth;
static volatile int caught;

static void on_fault(int sig)
{
	caught = sig;
	siglongjmp(back, 1);
}

static int __attribute__((noinline)) recurse(int n)
{
	volatile char frame[1024];

	frame[0] = (char)n;
	depth = n;
	if (n == 0)
		return 0;
	return recurse(n - 1) + frame[0] * 0;
}

static int __attribute__((noinline)) overflow(int n)
{
	volatile char frame[1024];

	frame[0] = (char)n;
	depth = n;
	return overflow(n + 1) + frame[0];
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
	stack_t alt = { .ss_size = 65536, .ss_sp = malloc(65536) };
	struct rlimit lim;

	SHOW(sigaltstack(&alt, NULL));
	sigaction(SIGSEGV, &sa, NULL);
	printf("recurse: %d\n", recurse(6 * 1024));
	if (sigsetjmp(back, 1) == 0)
		overflow(0);
	printf("signal %d, deep enough: %d\n", caught, depth > 6 * 1024);
	/* Once more: the handler's stack is free again. */
	if (sigsetjmp(back, 1) == 0)
		overflow(0);
	printf("signal %d\n", caught);
	SHOW(getrlimit(RLIMIT_STACK, &lim));
	FACT(lim.rlim_cur >= 8 << 20);
	return 0;
}
