/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// grant: /data
// expect-status: 5
// poll: never always
// timeout: 120
/*
 * Hostile: every request that there is, with arguments of the right kind in the wrong
 * combinations.  The service's errors are tested elsewhere; here it does its work confined, and
 * whatever a guest makes it do must be among the system calls that it was left.
 */
#include "bare.h"

#define REQUESTS	8000
#define BUFFER		65536

static char buffer[BUFFER] __attribute__((aligned(4096)));
static uint64_t seed = 1;

static uint64_t gpa_of(const void *p)
{
	const struct mvm_boot *boot = linear(MVM_GPA_BOOT);
	const struct mvm_segment *s = boot->segments;
	uint64_t va = (uint64_t)p;

	for (uint32_t i = 0; i < boot->nsegments; i++)
		if (va >= s[i].va && va < s[i].va + s[i].len)
			return s[i].gpa + va - s[i].va;
	request_exit(8);
}

static uint32_t below(uint32_t n)
{
	return random32(&seed) % n;
}

/* A name at a random place of the buffer: names that lead somewhere, and what is made of them. */
static void path(mvm_gpa_t *addr, uint64_t *len)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "d/a", "d/b", "d/d", ".", "..", "d/..", "a/", "d/", "d/.",
		"no/where", "l", "d/l"
	};
	const char *name = names[below(16)];
	uint32_t at = 32768 + below(1000) * 16, n = 0;

	for (; name[n]; n++)
		buffer[at + n] = name[n];
	addr->v = gpa_of(buffer) + at;
	*len = n;
}

static void arguments(struct mvm_sqe *e)
{
	static const uint32_t tty[] = { 0x5401, 0x5402, 0x5403, 0x5404, 0x5413, 0x540b, 0x5412, 0 };
	struct mvm_setattr *set = (void *)(buffer + 16384);

	switch (e->op) {
	case MVM_OP_OPEN:
		e->arg = below(4096) | (uint64_t)below(01000) << 32;
		if (below(2))		/* more often something that can be */
			e->arg = (1 + below(7)) | below(3) << 6 | 0644UL << 32;
		break;
	case MVM_OP_MKDIR:
		e->arg = 0755;
		break;
	case MVM_OP_RENAME:
	case MVM_OP_LINK:
		e->off = 3 + below(6);
		break;
	case MVM_OP_SETATTR:
		*set = (struct mvm_setattr){ .mask = below(64), .mode = below(01000) | 0700,
					     .uid = -1U, .gid = -1U };
		e->addr2.v = gpa_of(set);
		e->len2 = sizeof(*set);
		break;
	case MVM_OP_TTY:
		e->arg = tty[below(8)];
		break;
	case MVM_OP_WAIT:
		e->len = below(2);
		e->arg = below(2);
		break;
	case MVM_OP_MEM_RELEASE:
		e->addr.v = gpa_of(buffer) + 4096 * below(4);
		e->len = 4096;
		break;
	}
	if ((e->op == MVM_OP_RENAME || e->op == MVM_OP_LINK || e->op == MVM_OP_SYMLINK))
		path(&e->addr2, &e->len2);
}

void test(void)
{
	static const uint8_t ops[] = {
		0, 3, 4, 5, 7, 8, 16, 17, 18, 19, 20, 21, 22, 32, 32, 32, 33, 34, 35, 36, 37, 38,
		39, 40, 41, 42, 42, 43, 48, 9
	};
	struct mvm_sqe e;

	for (int i = 0; i < REQUESTS; i++) {
		e = (struct mvm_sqe){ .op = ops[below(sizeof(ops))] };
		/* mostly the grant and what was opened below it; never output, which is compared */
		e.handle = below(8) ? 3 + below(8) : 0;
		e.addr.v = gpa_of(buffer) + below(8192);
		e.len = below(4) ? below(256) : 0;
		e.addr2.v = gpa_of(buffer) + 8192 + below(8192);
		e.len2 = below(4096);
		e.off = below(2) ? MVM_OFF_CURRENT : below(65536);
		e.arg = below(5);
		if (e.op == MVM_OP_READ || e.op == MVM_OP_WRITE)
			e.arg = below(2);
		if (e.op >= MVM_OP_OPEN && e.op <= MVM_OP_SETATTR && e.op != MVM_OP_GETDENTS &&
		    (e.len || e.op == MVM_OP_OPEN))
			path(&e.addr, &e.len);
		arguments(&e);
		request(&e);
	}
	request_exit(5);
}
