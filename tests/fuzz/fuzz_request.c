/* SPDX-License-Identifier: MIT */
/*
 * Makes requests of a fuzzer's bytes: noise, and noise in the form of what each request has a use
 * for, with the names, addresses and numbers that mean something to what fuzz_hypercall.c grants.
 */
#include "fuzz_request.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_ATTR	(SCRATCH + 0x1e000)
#define SCRATCH_INET	(SCRATCH + 0x1e800)
#define SCRATCH_IOV	(SCRATCH + 0x1f000)
#define SCRATCH_PATHS	(SCRATCH + 0x20000)

static uint8_t *ram;			/* the guest's memory */

size_t take_bytes(struct input *in, void *to, size_t bytes)
{
	if (bytes > in->n)
		bytes = in->n;
	memcpy(to, in->p, bytes);
	in->p += bytes;
	in->n -= bytes;
	return bytes;
}

uint64_t take(struct input *in, size_t bytes)
{
	uint64_t v = 0;

	take_bytes(in, &v, bytes);
	return v;
}

static uint64_t number(struct input *in)
{
	static const uint64_t edges[] = {
		0, 1, 2, 8, 64, 4095, 4096, RAM_BYTES - 1, RAM_BYTES, MVM_LARGE_SIZE, INT64_MAX,
		1UL << 63, UINT64_MAX - 4095, UINT64_MAX - 1, UINT64_MAX, SCRATCH
	};
	uint8_t how = (uint8_t)take(in, 1);

	if (how < 64)
		return how;
	if (how < 128)
		return edges[how % 16];
	return take(in, how < 192 ? 2 : 8);
}

static mvm_gpa_t address(struct input *in)
{
	uint8_t how = (uint8_t)take(in, 1);

	if (how < 192)
		return (mvm_gpa_t){ SCRATCH + how * 512UL };
	return (mvm_gpa_t){ number(in) };
}

/* One of the names that mean something, two of them, or noise. */
static size_t make_path(struct input *in, char *to)
{
	static const char *const names[] = {
		"f", "d", "d/f", "up", "up/s", "l", "p", ".", "..", "../outside/s", "/",
		"/etc/passwd", "n", "m", "d/n", "f/"
	};
	uint8_t how = (uint8_t)take(in, 1);

	if (how < 96)
		return (size_t)sprintf(to, "%s", names[how % 16]);
	if (how < 192)
		return (size_t)sprintf(to, "%s/%s", names[how % 16], names[take(in, 1) % 16]);
	return take_bytes(in, to, how % 32);
}

static void path_buffer(struct input *in, mvm_gpa_t *addr, uint64_t *len)
{
	static uint64_t where;
	char path[64];

	*len = make_path(in, path);
	where = (where + 64) % 8192;
	addr->v = SCRATCH_PATHS + where;
	memcpy(ram + addr->v, path, *len);
}

static bool takes_path(uint16_t op)
{
	return op >= MVM_OP_OPEN && op <= MVM_OP_SETATTR && op != MVM_OP_CLOSE &&
	       op != MVM_OP_GETDENTS;
}

static bool takes_two_paths(uint16_t op)
{
	return op == MVM_OP_RENAME || op == MVM_OP_LINK || op == MVM_OP_SYMLINK;
}

static void make_iov(struct input *in, struct mvm_sqe *e)
{
	struct mvm_iov v[4];

	for (int i = 0; i < 4; i++) {
		v[i].addr = address(in);
		v[i].len = take(in, 1);
	}
	e->addr.v = SCRATCH_IOV;
	e->len = 4;
	memcpy(ram + e->addr.v, v, sizeof(v));
}

static void make_setattr(struct input *in, struct mvm_sqe *e)
{
	struct mvm_setattr set = { .mask = (uint32_t)take(in, 1) % 64 };

	set.mode = (uint32_t)take(in, 2) % 02000;
	set.uid = set.gid = take(in, 1) & 1 ? UINT32_MAX : getuid();
	set.atime_nsec = set.mtime_nsec = (uint32_t)take(in, 4);
	e->addr2.v = SCRATCH_ATTR;
	e->len2 = sizeof(set);
	e->arg %= 2;
	memcpy(ram + e->addr2.v, &set, sizeof(set));
}

/* An address near the granted ones. */
static void make_inet(struct input *in, mvm_gpa_t *addr, uint64_t *len)
{
	struct mvm_inet to = { .ip = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	uint8_t how = (uint8_t)take(in, 1);

	to.port = how & 0x80 ? peer_port : how % 12;
	to.proto = how & 0x40 ? MVM_PROTO_TCP : MVM_PROTO_UDP;
	if (how & 0x20)
		to.ip[take(in, 1) % 16] = (uint8_t)take(in, 1);
	addr->v = SCRATCH_INET;
	*len = sizeof(to);
	memcpy(ram + addr->v, &to, sizeof(to));
}

static uint32_t open_flags(uint8_t how)
{
	static const uint32_t access[] = { MVM_O_READ, MVM_O_WRITE, MVM_O_READ | MVM_O_WRITE,
					   MVM_O_PATH };
	static const uint32_t more[] = { 0, MVM_O_CREATE, MVM_O_CREATE | MVM_O_EXCL, MVM_O_TRUNC,
					 MVM_O_TMPFILE, MVM_O_APPEND, MVM_O_SYNC, 1U << 12 };

	return access[how & 3] | more[how >> 2 & 7] | (how & 0x20 ? MVM_O_DIRECTORY : 0) |
	       (how & 0x40 ? MVM_O_NOFOLLOW : 0);
}

/* Values that a request has a use for: noise alone would hardly ever get past the first check. */
static void make_sense(struct input *in, struct mvm_sqe *e)
{
	static const uint16_t tty[] = { 0x5401, 0x5402, 0x5403, 0x5404, 0x5413, 0x540b, 0x5412,
					0x540e };

	switch (e->op) {
	case MVM_OP_READ:
	case MVM_OP_WRITE:
		e->arg %= 2;
		e->off = e->off == MVM_OFF_CURRENT ? e->off : e->off % 64;
		e->len %= 5000;
		if (e->flags & MVM_SQE_IOV)
			make_iov(in, e);
		break;
	case MVM_OP_FTRUNCATE:
	case MVM_OP_FALLOCATE:
	case MVM_OP_SEEK:
	case MVM_OP_LOCK:
		e->off %= 2 * FILE_LIMIT;
		e->len2 %= FILE_LIMIT;
		e->arg = e->arg % 6 | (take(in, 1) & 1) << 8;
		break;
	case MVM_OP_TTY:
		e->handle = H_TTY;
		e->arg = tty[e->arg % 8];
		e->len = 36;
		break;
	case MVM_OP_SETATTR:
		make_setattr(in, e);
		break;
	case MVM_OP_OPEN:
		e->arg = open_flags((uint8_t)take(in, 1)) | (take(in, 2) & 01777) << 32;
		e->len2 %= 200;
		break;
	case MVM_OP_RENAME:
	case MVM_OP_LINK:
		e->off %= 12;
		e->arg %= 3;
		break;
	case MVM_OP_MKDIR:
		e->arg %= 01000;
		break;
	case MVM_OP_STAT:
	case MVM_OP_UNLINK:
		e->arg %= 2;
		break;
	case MVM_OP_CONNECT:
		make_inet(in, &e->addr, &e->len);
		if (take(in, 1) % 4)
			break;
		e->handle = take(in, 1) & 3 ? H_UNIX : e->handle;
		e->len = 0;
		break;
	case MVM_OP_SEND:
		make_inet(in, &e->addr2, &e->len2);
		e->handle = take(in, 1) & 1 ? H_UDP : e->handle;
		/* fall through */
	case MVM_OP_RECV:
		e->len %= 5000;
		e->arg = e->op == MVM_OP_RECV ? e->arg % 2 : 0;
		if (e->flags & MVM_SQE_IOV)
			make_iov(in, e);
		break;
	case MVM_OP_GETSOCKOPT:
	case MVM_OP_SETSOCKOPT:
		e->arg %= 16;
		break;
	}
}

struct mvm_sqe make_request(struct input *in, uint8_t *guest)
{
	static const uint8_t ops[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 21, 22, 32, 33, 34, 35, 36, 37, 38,
		39, 40, 41, 42, 43, 48, 32, 32, 9,
		/* as many again, so that what the corpus has means the same */
		49, 50, 51, 52, 53, 54, 55, 56, 49, 50, 51, 52, 53, 54, 55, 56, 33, 16, 17, 10, 11,
		12, 49, 49, 50, 50, 52, 53, 53, 54, 55, 56
	};

	_Static_assert(sizeof(ops) == 64, "bytes find their requests by the lower six bits");
	struct mvm_sqe e = { .op = ops[take(in, 1) % sizeof(ops)] };
	uint8_t how = (uint8_t)take(in, 1);
	bool sense = how & 0x10;

	ram = guest;
	e.handle = how & 0x20 ? (int32_t)take(in, 4) : how % 12;
	e.flags = how & 0x40 ? 1 : 0;
	e.off = how & 0x80 ? MVM_OFF_CURRENT : number(in);
	e.arg = number(in);
	e.addr = address(in);
	e.len = number(in);
	if (sense && takes_path(e.op) && e.len)		/* 0: the handle itself */
		path_buffer(in, &e.addr, &e.len);
	e.addr2 = address(in);
	e.len2 = number(in);
	if (sense && takes_two_paths(e.op))
		path_buffer(in, &e.addr2, &e.len2);
	if (sense)
		make_sense(in, &e);
	return e;
}
