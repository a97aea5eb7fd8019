/* SPDX-License-Identifier: MIT */
// native: fails
/* Data, heap and stack are not executable: calling one is SIGSEGV. */
#include "t.h"

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("signal %d, code %d, at the code: %d\n", sig, si->si_code,
	       si->si_addr != NULL);
	fflush(stdout);
	signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
	static char code[] = "\xc3";
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	((void (*)(void))(uintptr_t)code)();
	puts("executed");
	return 0;
}
