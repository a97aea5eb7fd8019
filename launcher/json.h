/* SPDX-License-Identifier: MIT */
/*
 * A JSON object as a line of text, written piece by piece into a buffer, which goes to a
 * descriptor when it is full and at json_flush().  Works confined.
 */
#ifndef MVM_JSON_H
#define MVM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	int fd;
	bool failed;			/* not all could be written: errno of write(2) */
	bool comma;			/* an element went before */
	size_t used;
	char buf[4096];
};

/* Begins an object, as the member key or, with NULL, on its own; and ends it. */
void json_open(struct json *o, const char *key);
void json_close(struct json *o);
/* Members of the object.  A NULL string is null; a byte of one that is no UTF-8 becomes U+FFFD. */
void json_string(struct json *o, const char *key, const char *value);
void json_number(struct json *o, const char *key, uint64_t n);
/* Nanoseconds, as microseconds with three decimals. */
void json_us(struct json *o, const char *key, uint64_t ns);
/* Behind the last json_close(): the end of the line. */
void json_end(struct json *o);
void json_flush(struct json *o);

#endif
