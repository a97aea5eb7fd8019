/* SPDX-License-Identifier: MIT */
// native: fails
// expect-stderr: ^mvm: .*SIGSEGV
/* A jump to nowhere is SIGSEGV, with a register dump. */
#include "t.h"

int main(void)
{
	((void (*)(void))0x12345678000)();
	return 0;
}
