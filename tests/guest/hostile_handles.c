/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// grant: /data
// expect-status: 5
/* Hostile: opens until no handle is left; closes what is not its own. */
#include "bare.h"

void test(void)
{
	char *buf = linear(0x1ff000);
	int opened = 0;

	buf[0] = '.';
	for (int i = 0; i < 20000; i++) {
		struct mvm_sqe e = {
			.op = MVM_OP_OPEN, .handle = 3, .arg = MVM_O_READ | MVM_O_DIRECTORY,
			.addr.v = 0x1ff000, .len = 1,
		};

		opened += request(&e) >= 0;
	}
	for (int h = -10; h < 3; h++) {
		struct mvm_sqe e = { .op = MVM_OP_CLOSE, .handle = h };

		if (request(&e) >= 0)
			request_exit(1);
	}
	/* A VM may have 16384, less where the limit of open files is lower. */
	request_exit(opened > 900 && opened < 16384 ? 5 : 2);
}
