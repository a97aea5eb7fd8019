/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// grant: /data
// expect-status: 5
/* Hostile: asks the ring itself for names outside its grant: every one is refused. */
#include "bare.h"

static const char *const names[] = {
	"/etc/passwd", "..", "../", "../../../../etc/passwd", "./../x", "a/../../x", "/", "",
	"/proc/self/mem", "../data/../..",
};

void test(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (int handle = -1; handle < 10; handle++) {
			struct mvm_sqe e = {
				.op = MVM_OP_OPEN, .handle = handle, .arg = MVM_O_READ,
			};
			size_t n = 0;
			char *buf = linear(0x1ff000);

			for (; names[i][n]; n++)
				buf[n] = names[i][n];
			e.addr.v = 0x1ff000;
			e.len = n;
			if (request(&e) >= 0)
				request_exit(1);
			/* Longer than it says, with a NUL inside. */
			buf[n] = 0;
			e.len = n + 1;
			if (request(&e) >= 0)
				request_exit(2);
		}
	request_exit(5);
}
