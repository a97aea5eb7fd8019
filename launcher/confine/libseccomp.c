/* SPDX-License-Identifier: MIT */
/*
 * From rules to a filter: libseccomp compiles it (CONFIG_LIBSECCOMP).
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <unistd.h>
#include <linux/seccomp.h>
#include "arena.h"
#include "confine_int.h"
#include "msg.h"

/* ---- Rules to libseccomp --------------------------------------------------------------------- */

static struct scmp_arg_cmp comparison(const struct rule_arg *a)
{
	switch (a->test) {
	case ARG_BELOW:
		return SCMP_CMP64(a->n, SCMP_CMP_LT, a->value);
	case ARG_MASKED:
		return SCMP_CMP64(a->n, SCMP_CMP_MASKED_EQ, a->mask, a->value);
	default:
		/* Descriptors and requests are ints: the kernel does not look at the upper half,
		 * and what a C library leaves there differs. */
		return SCMP_CMP64(a->n, SCMP_CMP_MASKED_EQ, UINT32_MAX, a->value & UINT32_MAX);
	}
}

static int add_rule(scmp_filter_ctx ctx, const struct rule *r)
{
	struct scmp_arg_cmp args[RULE_ARGS_MAX];

	for (unsigned int i = 0; i < r->nargs; i++)
		args[i] = comparison(&r->args[i]);
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->nr, r->nargs, args);
}

static int fill(scmp_filter_ctx ctx, const struct confinement *c)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	/* A tree of comparisons: at installation the kernel tries the filter on every number. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* The last thing the handler of a violation does (trap.c): it ends the process. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(seccomp), 0);
	for (size_t i = 0; i < c->nrules && !err; i++)
		err = add_rule(ctx, &c->rules[i]);
	return err;
}

/* A pipe holds any filter: 4096 instructions of 8 bytes, and its capacity is 64 KiB. */
static int take_out(scmp_filter_ctx ctx, struct confinement *c)
{
	static struct sock_filter filter[FILTER_MAX];
	int p[2], err;
	ssize_t n;

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	err = seccomp_export_bpf(ctx, p[1]);
	n = err ? 0 : read(p[0], filter, sizeof(filter));
	close(p[0]);
	close(p[1]);
	if (err)
		return err;
	if (n <= 0 || (size_t)n % sizeof(filter[0]))
		return -EIO;
	c->filter = filter;
	c->filter_len = (unsigned short)((size_t)n / sizeof(filter[0]));
	return 0;
}

/* What is asked of the kernel: filters and their actions, Linux 4.14. */
#define API_LEVEL	3
#define BYTES_PER_RULE	2048	/* of the heap, at least */

int confine_compile(struct confinement *c)
{
	scmp_filter_ctx ctx;
	int err;

	/* Spares libseccomp nine system calls by which it would find that out. */
	seccomp_api_set(API_LEVEL);
	arena_passing(c->nrules * BYTES_PER_RULE);
	ctx = seccomp_init(SCMP_ACT_TRAP);
	err = ctx ? fill(ctx, c) : -ENOMEM;

	if (!err)
		err = take_out(ctx, c);
	/* Not block by block with seccomp_release(): that costs 30-100 us. */
	arena_passed();
	if (err) {
		fail(EXIT_MVM, "confinement: cannot compile the system call filter: %s; "
		     "grant fewer things", strerror(-err));
		return -1;
	}
	return 0;
}
