/* SPDX-License-Identifier: MIT */
/*
 * From rules to a classic BPF program (linux/filter.h, linux/seccomp.h), without
 * CONFIG_LIBSECCOMP: a tree of comparisons finds the rules of a system call by its number, which
 * are tried one after another.  For small appliances, of which libseccomp would be a large part.
 * The unit test compares the two, call by call.
 */
#include <stddef.h>
#include <sys/syscall.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include "confine_int.h"
#include "msg.h"

#define X32_BIT		0x40000000U	/* of numbers of the x32 ABI */
#define NUMBERS		512		/* of system calls; those of x86-64 end below */
#define FAIL		UINT8_MAX	/* a jump to the next rule, until that has a place */

static struct sock_filter filter[FILTER_MAX];
static unsigned int len;

/* ---- Instructions --------------------------------------------------------------------------- */

/* What does not fit is counted only. */
static void put(unsigned int code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (len < FILTER_MAX)
		filter[len] = (struct sock_filter){ (uint16_t)code, jt, jf, k };
	len++;
}

static void load(size_t off)
{
	put(BPF_LD | BPF_W | BPF_ABS, (uint32_t)off, 0, 0);
}

static void give(uint32_t action)
{
	put(BPF_RET | BPF_K, action, 0, 0);
}

static void jump_equal(uint32_t k, uint8_t jt, uint8_t jf)
{
	put(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf);
}

static void jump_from(uint32_t k, uint8_t jt, uint8_t jf)
{
	put(BPF_JMP | BPF_JGE | BPF_K, k, jt, jf);
}

/* ---- One rule ------------------------------------------------------------------------------- */

/* Half of an argument: 0 the lower 32 bits. */
static void load_half(unsigned int n, unsigned int half)
{
	load(offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) + half * sizeof(uint32_t));
}

static void masked_half(const struct rule_arg *a, unsigned int half)
{
	uint32_t mask = (uint32_t)(a->mask >> (32 * half));
	uint32_t value = (uint32_t)(a->value >> (32 * half));

	if (!mask && !value)
		return;
	load_half(a->n, half);
	if (mask != UINT32_MAX)
		put(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	jump_equal(value, 0, FAIL);
}

static void compare(const struct rule_arg *a)
{
	switch (a->test) {
	case ARG_BELOW:			/* value is a count of descriptors */
		load_half(a->n, 1);
		jump_equal(0, 0, FAIL);
		load_half(a->n, 0);
		jump_from((uint32_t)a->value, FAIL, 0);
		break;
	case ARG_MASKED:
		masked_half(a, 1);
		masked_half(a, 0);
		break;
	default:
		/* Descriptors and requests are ints: the kernel does not look at the upper half,
		 * and what a C library leaves there differs. */
		load_half(a->n, 0);
		jump_equal((uint32_t)a->value, 0, FAIL);
	}
}

/* Allows what the rule says; else it goes on behind. */
static void put_rule(const struct rule *r)
{
	unsigned int start = len;

	for (unsigned int i = 0; i < r->nargs; i++)
		compare(&r->args[i]);
	give(SECCOMP_RET_ALLOW);
	for (unsigned int i = start; i < len && len <= FILTER_MAX; i++) {
		if (filter[i].jt == FAIL)
			filter[i].jt = (uint8_t)(len - i - 1);
		if (filter[i].jf == FAIL)
			filter[i].jf = (uint8_t)(len - i - 1);
	}
}

/* ---- All of them ---------------------------------------------------------------------------- */

/* The rules of one number, which is in the accumulator. */
static void put_number(const struct confinement *c, uint16_t nr)
{
	jump_equal(nr, 1, 0);
	give(SECCOMP_RET_TRAP);
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].nr == nr)
			put_rule(&c->rules[i]);
	give(SECCOMP_RET_TRAP);
}

/* A conditional jump leads 255 instructions far, the other kind anywhere. */
static void put_tree(const struct confinement *c, const uint16_t *nr, unsigned int n)
{
	unsigned int at;

	if (n == 1) {
		put_number(c, nr[0]);
		return;
	}
	jump_from(nr[n / 2], 0, 1);
	at = len;
	put(BPF_JMP | BPF_JA, 0, 0, 0);
	put_tree(c, nr, n / 2);
	if (len <= FILTER_MAX)
		filter[at].k = len - at - 1;
	put_tree(c, nr + n / 2, n - n / 2);
}

/* The numbers that have rules, ascending.  How many. */
static unsigned int numbers(const struct confinement *c, uint16_t nr[NUMBERS])
{
	bool has[NUMBERS] = { false };
	unsigned int n = 0;

	for (size_t i = 0; i < c->nrules; i++)
		has[c->rules[i].nr] = true;
	for (unsigned int i = 0; i < NUMBERS; i++)
		if (has[i])
			nr[n++] = (uint16_t)i;
	return n;
}

int confine_compile(struct confinement *c)
{
	uint16_t nr[NUMBERS];
	unsigned int n = numbers(c, nr);

	len = 0;
	load(offsetof(struct seccomp_data, arch));
	jump_equal(AUDIT_ARCH_X86_64, 1, 0);
	give(SECCOMP_RET_KILL_PROCESS);
	load(offsetof(struct seccomp_data, nr));
	jump_from(X32_BIT, 0, 1);
	give(SECCOMP_RET_KILL_PROCESS);
	/* The last thing the handler of a violation does (trap.c): it ends the process. */
	jump_equal(SYS_seccomp, 0, 1);
	give(SECCOMP_RET_KILL_PROCESS);
	put_tree(c, nr, n);
	if (len > FILTER_MAX) {
		fail(EXIT_MVM, "confinement: the system call filter has %u instructions, and the "
		     "kernel takes %u; grant fewer things", len, FILTER_MAX);
		return -1;
	}
	c->filter = filter;
	c->filter_len = (unsigned short)len;
	return 0;
}
