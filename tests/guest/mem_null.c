/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*
/* The null page is never mapped, not even on request; reading it is SIGSEGV at 0. */
#pragma GCC diagnostic ignored "-Warray-bounds"
#include "t.h"

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("signal %d, code %d, at %p\n", sig, si->si_code, si->si_addr);
	fflush(stdout);
	signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	volatile char *null = (volatile char *)8;

	sigaction(SIGSEGV, &sa, NULL);
	return *null;
}
