/* SPDX-License-Identifier: MIT */
// trap: yes
/* siglongjmp out of a fault handler, many times, with the mask restored. */
#pragma GCC diagnostic ignored "-Warray-bounds"
#include <setjmp.h>
#include "t.h"

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

int main(void)
{
	volatile int caught = 0;
	sigset_t set;

	signal(SIGSEGV, on_fault);
	for (volatile int i = 0; i < 2000; i++) {
		if (sigsetjmp(back, 1) == 0)
			*(volatile char *)16 = 1;
		else
			caught++;
	}
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("caught %d, blocked %d\n", caught, sigismember(&set, SIGSEGV));
	return 0;
}
