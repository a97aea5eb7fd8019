/* SPDX-License-Identifier: MIT */
/* The memory of each request: see span.h. */
#include <asm/ioctls.h>
#include <stddef.h>

#include "span.h"
#include "stream.h"

#define LOG_MAX		400U		/* of a line that is printed (service/vm.c) */
#define TERMIOS_SIZE	36U		/* of the kernel's struct termios */

/* How far a buffer of the entry is used. */
enum extent {
	NOT,
	ALL,				/* its length; with MVM_SQE_IOV all pieces */
	ITEMS,				/* as many struct mvm_wait as its length says */
	RESULT,				/* as many bytes as the result, in pieces too */
	RESULT_ITEMS,			/* as many struct mvm_wait */
	STAT, STATFS, INET, TIME,	/* such a structure, or as much of it as its length says */
};

static const uint16_t sizes[] = {
	[STAT] = sizeof(struct mvm_stat),
	[STATFS] = sizeof(struct mvm_statfs),
	[INET] = sizeof(struct mvm_inet),
	[TIME] = sizeof(struct mvm_time),
};

/* addr/len and addr2/len2: read, and written. */
static const struct shape {
	uint8_t in, in2, out, out2;
} shapes[MVM_OP_MAX] = {
	[MVM_OP_EXIT]		= { .in = ALL },
	[MVM_OP_LOG]		= { .in = ALL },
	[MVM_OP_TIME]		= { .out = TIME },
	[MVM_OP_WAIT]		= { .out = RESULT_ITEMS },
	[MVM_OP_RANDOM]		= { .out = RESULT },
	[MVM_OP_EVENTS]		= { .out = RESULT_ITEMS },
	[MVM_OP_READY]		= { .in = ITEMS, .out = ITEMS },
	[MVM_OP_READ]		= { .out = RESULT },
	[MVM_OP_WRITE]		= { .in = ALL },
	[MVM_OP_OPEN]		= { .in = ALL, .out2 = STAT },
	[MVM_OP_STAT]		= { .in = ALL, .out2 = STAT },
	[MVM_OP_GETDENTS]	= { .out = RESULT },
	[MVM_OP_MKDIR]		= { .in = ALL },
	[MVM_OP_UNLINK]		= { .in = ALL },
	[MVM_OP_RENAME]		= { .in = ALL, .in2 = ALL },
	[MVM_OP_LINK]		= { .in = ALL, .in2 = ALL },
	[MVM_OP_SYMLINK]	= { .in = ALL, .in2 = ALL },
	[MVM_OP_READLINK]	= { .in = ALL, .out2 = RESULT },
	[MVM_OP_SETATTR]	= { .in = ALL, .in2 = ALL },
	[MVM_OP_STATFS]		= { .out2 = STATFS },
	[MVM_OP_TTY]		= { .in = ALL, .out = ALL },
	[MVM_OP_ACCEPT]		= { .out2 = INET },
	[MVM_OP_CONNECT]	= { .in = ALL },
	[MVM_OP_SEND]		= { .in = ALL, .in2 = ALL },
	[MVM_OP_RECV]		= { .out = RESULT, .out2 = INET },
	[MVM_OP_GETNAME]	= { .out2 = INET },
	[MVM_OP_MAPPED]		= { .in = ALL },
};

static const struct shape *shape_of(const struct mvm_sqe *e)
{
	static const struct shape none;

	return e->op < MVM_OP_MAX ? &shapes[e->op] : &none;
}

/* Bytes of a buffer of this length; of those that depend on the result, what there may be. */
static uint64_t extent_bytes(enum extent x, uint64_t len)
{
	switch (x) {
	case NOT:
		return 0;
	case ITEMS:
	case RESULT_ITEMS:
		return (len < MVM_WAIT_MAX ? len : MVM_WAIT_MAX) * sizeof(struct mvm_wait);
	case ALL:
	case RESULT:
		return len;
	default:
		return len < sizes[x] ? len : sizes[x];
	}
}

static void add(const struct guest_ram *ram, struct spans *s, mvm_gpa_t addr, uint64_t len)
{
	void *p = len ? gate(ram, addr, len) : NULL;

	if (p)
		s->v[s->n++] = (struct iovec){ p, len };
}

static void add_pieces(const struct guest_ram *ram, const struct mvm_sqe *e, struct spans *s)
{
	struct gate_iov io;

	if (gate_iov(ram, e, &io))
		return;
	for (unsigned int i = 0; i < io.n; i++)
		if (io.v[i].iov_len)
			s->v[s->n++] = io.v[i];
}

static void add_both(const struct guest_ram *ram, const struct mvm_sqe *e, enum extent first,
		     enum extent second, struct spans *s)
{
	s->n = 0;
	if (first && e->flags & MVM_SQE_IOV)
		add_pieces(ram, e, s);
	else
		add(ram, s, e->addr, extent_bytes(first, e->len));
	add(ram, s, e->addr2, extent_bytes(second, e->len2));
}

void spans_in(const struct guest_ram *ram, const struct mvm_sqe *e, struct spans *s)
{
	const struct shape *sh = shape_of(e);
	struct mvm_sqe cut = *e;

	if (e->op == MVM_OP_LOG && e->len > LOG_MAX)
		cut.len = LOG_MAX;
	/* What is asked of a terminal is not read. */
	if (e->op == MVM_OP_TTY && ((uint32_t)e->arg == TCGETS || (uint32_t)e->arg == TIOCGWINSZ))
		cut.len = 0;
	if (e->op == MVM_OP_TTY && cut.len > TERMIOS_SIZE)
		cut.len = TERMIOS_SIZE;
	add_both(ram, &cut, sh->in, sh->in2, s);
}

void spans_out(const struct guest_ram *ram, const struct mvm_sqe *e, struct spans *s)
{
	const struct shape *sh = shape_of(e);
	struct mvm_sqe cut = *e;

	if (e->op == MVM_OP_TTY && cut.len > TERMIOS_SIZE)
		cut.len = TERMIOS_SIZE;
	/* Of a longer buffer svc_readlink() looks at no more than a path may need. */
	if (e->op == MVM_OP_READLINK && cut.len2 > MVM_PATH_MAX + 1)
		cut.len2 = MVM_PATH_MAX + 1;
	add_both(ram, &cut, sh->out, sh->out2, s);
}

/* Leaves out what is behind the first max bytes of the buffer that the result is about. */
static void clip(struct spans *s, unsigned int first, unsigned int end, uint64_t max)
{
	for (unsigned int i = first; i < end; i++) {
		if (s->v[i].iov_len > max)
			s->v[i].iov_len = max;
		max -= s->v[i].iov_len;
	}
}

void spans_done(const struct mvm_sqe *e, int64_t res, struct spans *s)
{
	const struct shape *sh = shape_of(e);
	bool second = sh->out2 && s->n && extent_bytes(sh->out2, e->len2);
	unsigned int pieces = second ? s->n - 1 : s->n;

	if (res < 0)
		s->n = 0;
	else if (sh->out == RESULT)
		clip(s, 0, pieces, (uint64_t)res);
	else if (sh->out == RESULT_ITEMS)
		clip(s, 0, pieces, (uint64_t)res * sizeof(struct mvm_wait));
	else if (sh->out2 == RESULT)
		clip(s, pieces, s->n, (uint64_t)res);
}

uint64_t spans_bytes(const struct spans *s)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < s->n; i++)
		n += s->v[i].iov_len;
	return n;
}

uint64_t spans_sum(const struct spans *s)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < s->n; i++)
		sum = record_sum(sum, s->v[i].iov_base, s->v[i].iov_len);
	return sum;
}
