/* SPDX-License-Identifier: MIT */
// trap: yes
/* SIGFPE says what went wrong, in x87 and SSE. */
#include <setjmp.h>
#include "t.h"

static sigjmp_buf back;

static void handler(int sig, siginfo_t *si, void *uc)
{
	unsigned int mxcsr = 0x1f80;

	(void)uc;
	printf("signal %d, code %d\n", sig, si->si_code);
	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
	siglongjmp(back, 1);
}

static void sse(const char *what, unsigned int unmask, double a, double b, int multiply)
{
	unsigned int mxcsr = 0x1f80 & ~(unmask << 7);

	printf("%s: ", what);
	if (sigsetjmp(back, 1))
		return;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	if (multiply)
		__asm__ volatile("mulsd %1, %0" : "+x"(a) : "x"(b));
	else
		__asm__ volatile("divsd %1, %0" : "+x"(a) : "x"(b));
	puts("nothing");
}

static void x87(const char *what, unsigned int unmask, double a, double b)
{
	unsigned short control = (unsigned short)(0x37f & ~unmask);

	printf("%s: ", what);
	if (sigsetjmp(back, 1))
		return;
	__asm__ volatile("fldcw %0\n\tfldl %1\n\tfdivl %2\n\tfwait"
			 : : "m"(control), "m"(a), "m"(b));
	puts("nothing");
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	SHOW(sigaction(SIGFPE, &sa, NULL));
	sse("invalid", 1, 0, 0, 0);
	sse("divide by zero", 4, 1, 0, 0);
	sse("overflow", 8, 1e308, 1e308, 1);
	sse("underflow", 0x10, 1e-308, 1e-308, 1);
	sse("inexact", 0x20, 1, 3, 0);
	x87("x87 invalid", 1, 0, 0);
	x87("x87 divide by zero", 4, 1, 0);
	printf("integer: ");
	if (!sigsetjmp(back, 1))
		__asm__ volatile("idivl %1" : : "a"(1), "r"(0), "d"(0));
	puts("end");
	return 0;
}
