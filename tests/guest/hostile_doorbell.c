/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// mvm-args: --timeout 1
// expect-status: 124
/* Hostile: rings the doorbell for ever. */
#include "bare.h"

void test(void)
{
	for (;;)
		doorbell();
}
