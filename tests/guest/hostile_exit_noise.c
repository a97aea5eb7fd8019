/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
// mvm-args: --timeout 5
/* Hostile: ends with nonsense in every field of EXIT. */
#include "bare.h"

void test(void)
{
	struct mvm_sqe e = {
		.op = MVM_OP_EXIT, .flags = 0, .handle = -1, .user = ~0UL, .addr.v = ~0UL - 5,
		.len = ~0UL, .off = ~0UL, .addr2.v = ~0UL, .len2 = ~0UL - 3, .arg = ~0UL,
	};

	request(&e);
	e.addr.v = 0xfffff;
	e.len = sizeof(struct mvm_crash);
	e.len2 = 11;
	e.arg = 139;
	request(&e);
	request_exit(3);
}
