/* SPDX-License-Identifier: MIT */
/*
 * Stacks and how often each was seen, in memory of a fixed size, and the lines they become:
 * "main;parse;read 42", outermost first, as flamegraph.pl and its kin take them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "profile_int.h"
#include "output.h"
#include "sysname.h"

#define STACKS_MAX	32768U		/* places in the table; filled to three quarters */
#define FRAMES_TOTAL	(1U << 20)

static struct stack {
	uint32_t at;			/* in frames */
	uint32_t n;			/* 0: free */
	uint64_t count;
} stacks[STACKS_MAX];

static uint64_t frames[FRAMES_TOTAL];
static uint32_t nframes, nstacks;
static uint64_t lost;

static uint64_t hash(const uint64_t *f, unsigned int n)
{
	uint64_t h = 0xcbf29ce484222325ULL;	/* FNV-1a, by words */

	while (n--) {
		h = (h ^ *f++) * 0x100000001b3ULL;
		h ^= h >> 29;
	}
	return h;
}

void stacks_add(const uint64_t *f, unsigned int n)
{
	uint32_t i = hash(f, n) % STACKS_MAX;

	for (;; i = (i + 1) % STACKS_MAX) {
		struct stack *s = &stacks[i];

		if (s->n == n && !memcmp(&frames[s->at], f, n * sizeof(*f))) {
			s->count++;
			return;
		}
		if (s->n)
			continue;
		if (nstacks >= STACKS_MAX / 4 * 3 || n > FRAMES_TOTAL - nframes) {
			lost++;
			return;
		}
		*s = (struct stack){ .at = nframes, .n = n, .count = 1 };
		memcpy(&frames[nframes], f, n * sizeof(*f));
		nframes += n;
		nstacks++;
		return;
	}
}

/* ---- Lines --------------------------------------------------------------------------------- */

static struct {
	int fd;
	bool failed;
	int err;
	size_t used;
	char buf[16384];
} o;

static void flush(void)
{
	if (o.used && !o.failed && !output_write(o.fd, o.buf, o.used)) {
		o.failed = true;
		o.err = errno;
	}
	o.used = 0;
}

static void put(const char *s, size_t len)
{
	if (len > sizeof(o.buf) - o.used)
		flush();
	if (len > sizeof(o.buf))
		len = sizeof(o.buf);
	memcpy(o.buf + o.used, s, len);
	o.used += len;
}

static void put_string(const char *s)
{
	put(s, strlen(s));
}

/* A name out of the program's file: none of the form's own characters, nor control characters. */
static void put_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c <= ' ' || c >= 0x7f || c == ';')
			c = '_';
		put(&c, 1);
	}
}

static void put_frame(uint64_t f)
{
	const char *call;
	char number[32];
	size_t len;
	const char *name;

	if (f == FRAME_FAULT) {
		put_string("[fault]");
	} else if (f & FRAME_CALL(0)) {
		call = syscall_name(f & ~FRAME_CALL(0));
		snprintf(number, sizeof(number), "%u", (unsigned int)f);
		put_string("[");
		put_string(call ? call : number);
		put_string("]");
	} else if ((name = symbols_name(f, &len)) && len) {
		put_name(name, len);
	} else {
		snprintf(number, sizeof(number), "%#llx", (unsigned long long)f);
		put_string(number);
	}
}

static void put_count(uint64_t n)
{
	char number[32];

	snprintf(number, sizeof(number), " %llu\n", (unsigned long long)n);
	put_string(number);
}

static void put_stack(const struct stack *s)
{
	for (uint32_t i = s->n; i-- > 0; ) {
		put_frame(frames[s->at + i]);
		if (i)
			put_string(";");
	}
	put_count(s->count);
}

static void put_special(const char *what, uint64_t n)
{
	if (!n)
		return;
	put_string(what);
	put_count(n);
}

bool stacks_write(int fd, uint64_t idle)
{
	o.fd = fd;
	for (uint32_t i = 0; i < STACKS_MAX; i++)
		if (stacks[i].n)
			put_stack(&stacks[i]);
	put_special("[idle]", idle);
	put_special("[lost]", lost);
	flush();
	errno = o.err;
	return !o.failed;
}
