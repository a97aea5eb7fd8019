/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// mvm-args: --timeout 20
// expect-status: 9
// poll: never always
// timeout: 30
/* Hostile: fills entries with noise, rings, and looks whether the launcher still answers. */
#include "bare.h"

void test(void)
{
	uint64_t seed = 42;

	for (int round = 0; round < 3000; round++) {
		union { struct mvm_sqe e; uint32_t words[sizeof(struct mvm_sqe) / 4]; } u;
		struct mvm_sqe e;

		for (size_t i = 0; i < sizeof(e) / 4; i++)
			u.words[i] = random32(&seed);
		e = u.e;
		e.op = random32(&seed) % (MVM_OP_MAX + 4);
		/* WAIT for ever and EXIT are not what is tested here; EXIT of noise is below. */
		if (e.op == MVM_OP_EXIT || e.op == MVM_OP_LOG)
			continue;
		if (e.op == MVM_OP_WAIT)
			e.arg = 0;
		if (random32(&seed) % 2)
			e.handle = random32(&seed) % 8;
		if (random32(&seed) % 2)
			e.addr.v %= 0x1000000;
		if (random32(&seed) % 2)
			e.len %= 10000;
		if (random32(&seed) % 4)
			e.flags &= 1;
		/* Not over ourselves: reads into our own memory are our own affair. */
		if (e.op == MVM_OP_READ || e.op == MVM_OP_MEM_RELEASE || e.op == MVM_OP_RANDOM ||
		    e.op == MVM_OP_TIME)
			e.addr.v |= 1UL << 40;
		request(&e);
	}
	request_exit(9);
}
