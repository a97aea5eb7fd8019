/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGSEGV
/* A signal that finds no stack for its frame ends the program with SIGSEGV. */
#include "t.h"

static void handler(int sig)
{
	_exit(sig);
}

int main(void)
{
	signal(SIGSEGV, handler);
	__asm__ volatile ("mov $0x1000, %%rsp\n\tpush %%rax" : : : "memory");
	return 0;
}
