/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 7
/* Hostile: rings behind the back of the runtime, politely: EXIT with a status. */
#include "bare.h"

void test(void)
{
	request_exit(7);
}
