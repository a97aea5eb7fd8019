/* SPDX-License-Identifier: MIT */
/*
 * A line of a trace while it is put together.  Bounded: what does not fit is left away, and
 * text_end() says so with dots.
 */
#ifndef MVM_OBSERVE_TEXT_H
#define MVM_OBSERVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX	20480

struct text {
	size_t used;
	bool cut;
	char s[TEXT_MAX];
};

void text_start(struct text *t);
void text_put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s as it is: a name of our own. */
void text_add(struct text *t, const char *s);
/*
 * len bytes of the guest's as a string of C, dots behind it when there were more: nothing that is
 * not printable ASCII gets through.
 */
void text_quoted(struct text *t, const void *bytes, size_t len, bool more);
/* The end of the line: dots when it was cut, a newline. */
void text_end(struct text *t);

/* ---- numbers by their names ---------------------------------------------------------------- */

/* A value under a mask; mask 0: the value's own bits.  Lists end with a NULL name. */
struct name {
	uint32_t value, mask;
	const char *name;
};

/* Bits as names with | between them, what is left in hexadecimal; 0 as "0" or its name. */
void text_flags(struct text *t, uint64_t v, const struct name *names);
/* The name of the value itself, else the number. */
void text_enum(struct text *t, uint64_t v, const struct name *names);
/* "ENOENT"; NULL: no such error. */
const char *errno_name(unsigned int err);
/* What a system call or a hypercall returned: a number, or -1, the error's name and its text. */
void text_result(struct text *t, int64_t result, bool hex);

#endif
