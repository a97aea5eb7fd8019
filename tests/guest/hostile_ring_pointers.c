/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: 5
/* Hostile: passes addresses and lengths at every edge; each is refused, none touched. */
#include "bare.h"

static const uint64_t edges[] = {
	0x8000000000000000UL, 0xfffffffffffff000UL, 0xffffffffffffffffUL, 0x7fffffffffffffffUL,
	0x100000000UL, 0xffffffffUL, 0x10000000000UL, 0x600000000000UL, 0x7ffffffff000UL,
	MVM_VA_RT_LOW, MVM_VA_LINEAR,
};
static const uint64_t lengths[] = {
	1, 4096, 0x7ffff000UL, 0xffffffffUL, 0xffffffffffffffffUL, 0x8000000000000000UL,
	0xfffffffffffff000UL,
};
static const uint16_t ops[] = {
	MVM_OP_READ, MVM_OP_WRITE, MVM_OP_LOG, MVM_OP_RANDOM, MVM_OP_MEM_RELEASE, MVM_OP_OPEN,
	MVM_OP_STAT, MVM_OP_TIME, MVM_OP_WAIT, MVM_OP_GETDENTS, MVM_OP_TTY,
};

void test(void)
{
	for (size_t o = 0; o < sizeof(ops) / sizeof(*ops); o++)
		for (size_t a = 0; a < sizeof(edges) / sizeof(*edges); a++)
			for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++)
				for (int iov = 0; iov < 2; iov++) {
					struct mvm_sqe e = {
						.op = ops[o], .handle = 1, .flags = iov,
						.addr.v = edges[a], .len = lengths[l],
						.addr2.v = edges[a], .len2 = lengths[l],
						.off = MVM_OFF_CURRENT, .arg = ops[o] == MVM_OP_LOG,
					};

					if (request(&e) >= 0)
						request_exit(100 + ops[o]);
				}
	request_exit(5);
}
