/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*
/* A stack overflow without a handler is death by SIGSEGV. */
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#include "t.h"

static int __attribute__((noinline)) overflow(int n)
{
	volatile char frame[1024];

	frame[0] = (char)n;
	return overflow(n + 1) + frame[0];
}

int main(void)
{
	puts("before");
	fflush(stdout);
	return overflow(0);
}
