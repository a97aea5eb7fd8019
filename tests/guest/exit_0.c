/* SPDX-License-Identifier: MIT */
/* exit(0) is the exit status of mvm, modulo 256. */
#include "t.h"

int main(void)
{
	puts("before");
	exit(0);
}
