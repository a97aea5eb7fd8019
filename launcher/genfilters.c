/* SPDX-License-Identifier: MIT */
/*
 * A program of the build: compiles the ready filters and prints them as C, for confine_ready.c.
 * The rules are confine_rules.c's own, for runs made up here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "confine_ready.h"
#include "msg.h"
#include "svc.h"

/* Of path.c.  Its address is a mark here. */
const char path_empty[] = "";

static struct rule all[RULES_MAX], some[RULES_MAX];
static uint64_t keys[READY_RULES_MAX];
static struct handles handles;
static struct grants grants = { .stats_fd = -1, .record_fd = -1, .output = { -1, -1, -1 } };
static struct plan plan;

int fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

static void standard_streams(uint32_t kind)
{
	for (unsigned int i = 0; i < 3; i++) {
		handles.h[i].fd = (int)i;
		handles.h[i].kind = kind;
		handles.h[i].rights = MVM_RIGHT_READ | MVM_RIGHT_WRITE;
	}
	handles.used = 3;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = confine_key(a), y = confine_key(b);

	return (x > y) - (x < y);
}

/* The rules of runs with each kind of streams, every rule once, in the order of their keys. */
static int collect(struct confinement *c)
{
	static const uint32_t kinds[] = { MVM_KIND_STREAM, MVM_KIND_TTY, MVM_KIND_FILE };
	struct confinement one = *c;
	size_t n = 0;

	one.rules = some;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		standard_streams(kinds[k]);
		confine_rules(&one);
		if (c->nrules + one.nrules > RULES_MAX)
			return fail(1, "genfilters: too many rules");
		for (size_t i = 0; i < one.nrules; i++)
			all[c->nrules++] = some[i];
	}
	qsort(all, c->nrules, sizeof(all[0]), compare);
	for (size_t i = 0; i < c->nrules; i++)
		if (!n || compare(&all[i], &all[n - 1]))
			all[n++] = all[i];
	c->nrules = n;
	return n <= READY_RULES_MAX ? 0 : fail(1, "genfilters: %zu rules", n);
}

/* Puts the marks in; keys do not depend on them.  The number of rules without one of its own. */
static unsigned int mark(struct confinement *c)
{
	unsigned int fixed = 0;

	for (unsigned int i = 0; i < c->nrules; i++) {
		struct rule_arg *own = (struct rule_arg *)confine_own(&all[i]);

		keys[i] = confine_key(&all[i]);
		if (own)
			own->value = READY_MARK(i);
		else
			fixed++;
		for (unsigned int n = 0; n < all[i].nargs; n++)
			if (all[i].args[n].symbol == SYMBOL_FILES_MAX)
				all[i].args[n].value = READY_FILES_MAX;
			else if (all[i].args[n].symbol == SYMBOL_EMPTY)
				all[i].args[n].value = READY_EMPTY;
	}
	return fixed;
}

/* Returns the number of bytes printed, 0 for a code that cannot be packed. */
static unsigned int pack(const struct sock_filter *f)
{
	unsigned int size = !f->k ? 0 : f->k < 1U << 8 ? 1 : f->k < 1U << 16 ? 2 : 3;
	unsigned int code = 0, n = 1, bytes = size == 3 ? 4 : size;

	while (code < READY_CODES && ready_codes[code] != f->code)
		code++;
	if (code == READY_CODES)
		return 0;
	printf("%u,", code | (f->jt ? READY_JT : 0) | (f->jf ? READY_JF : 0) | size << 6);
	if (f->jt)
		n += printf("%u,", f->jt) > 0;
	if (f->jf)
		n += printf("%u,", f->jf) > 0;
	for (unsigned int i = 0; i < bytes; i++)
		n += printf("%u,", f->k >> (8 * i) & 0xff) > 0;
	return n;
}

static struct { unsigned int at, len, nrules, fixed; } made[3];

/* Prints filter n, packed, from byte *at on, and the keys of its rules. */
static int print(unsigned int n, unsigned int *at)
{
	struct confinement c = {
		.plan = &plan, .grants = &grants, .handles = &handles, .rules = all,
		.any_dir = n > 0, .any_dir_rw = n == 1, .mem_exec = true,
	};

	if (collect(&c))
		return 1;
	made[n].fixed = mark(&c);
	if (confine_build_filter(&c))
		return 1;
	made[n].at = *at;
	made[n].len = c.filter_len;
	made[n].nrules = (unsigned int)c.nrules;
	if (c.filter_len > READY_MAX)
		return fail(1, "genfilters: %u instructions", c.filter_len);
	printf("#define PACKED_%u ", n);
	for (unsigned int i = 0; i < c.filter_len; i++) {
		unsigned int bytes = pack(&c.filter[i]);

		if (!bytes)
			return fail(1, "genfilters: an instruction of code %#x", c.filter[i].code);
		*at += bytes;
	}
	printf("\nstatic const uint64_t keys_%u[] = {\n", n);
	for (size_t i = 0; i < c.nrules; i++)
		printf("\t0x%llxULL,\n", (unsigned long long)keys[i]);
	printf("};\n");
	return 0;
}

int main(void)
{
	unsigned int at = 0, longest = 0;

	for (unsigned int n = 0; n < 3; n++)
		if (print(n, &at))
			return 1;
	printf("static const uint8_t packed[] = { PACKED_0 PACKED_1 PACKED_2 };\n"
	       "static const struct ready {\n\tconst uint64_t *keys;\n"
	       "\tuint16_t nrules, nfixed, at, len;\n} ready[] = {\n");
	for (unsigned int n = 0; n < 3; n++) {
		printf("\t{ keys_%u, %u, %u, %u, %u },\n", n, made[n].nrules, made[n].fixed,
		       made[n].at, made[n].len);
		longest = made[n].len > longest ? made[n].len : longest;
	}
	printf("};\n#define READY_LEN_MAX %u\n", longest);
	return ferror(stdout) || fflush(stdout);
}
