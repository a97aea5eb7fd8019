/* SPDX-License-Identifier: MIT */
// native: fails
/* exit(255) is the exit status of mvm, modulo 256. */
#include "t.h"

int main(void)
{
	puts("before");
	exit(255);
}
