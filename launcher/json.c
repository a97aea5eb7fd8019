/* SPDX-License-Identifier: MIT */
/*
 * JSON, written piece by piece.  Owns its form; what is said is the callers'.  Allocates nothing
 * and makes no system call but write(2), because it runs confined.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "json.h"

/* ---- Text ----------------------------------------------------------------------------------- */

void json_flush(struct json *o)
{
	const char *p = o->buf;

	while (o->used && !o->failed) {
		ssize_t n = write(o->fd, p, o->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			o->failed = true;
			break;
		}
		p += n;
		o->used -= (size_t)n;
	}
	o->used = 0;
}

static void put_char(struct json *o, char c)
{
	if (o->used == sizeof(o->buf))
		json_flush(o);
	o->buf[o->used++] = c;
}

static void put_text(struct json *o, const char *s)
{
	while (*s)
		put_char(o, *s++);
}

/* Bytes of a UTF-8 sequence that starts at s, 0 when it is none (RFC 3629). */
static int utf8_length(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	int more;

	if (*s >= 0xc2 && *s <= 0xdf)
		more = 1;
	else if (*s >= 0xe0 && *s <= 0xef)
		more = 2;
	else if (*s >= 0xf0 && *s <= 0xf4)
		more = 3;
	else
		return *s < 0x80 ? 1 : 0;
	if (*s == 0xe0)
		lo = 0xa0;		/* overlong */
	else if (*s == 0xed)
		hi = 0x9f;		/* surrogates */
	else if (*s == 0xf0)
		lo = 0x90;
	else if (*s == 0xf4)
		hi = 0x8f;		/* above U+10FFFF */
	for (int i = 1; i <= more; i++, lo = 0x80, hi = 0xbf)
		if (s[i] < lo || s[i] > hi)
			return 0;
	return more + 1;
}

/* Names are bytes and JSON is Unicode: a byte that is no UTF-8 becomes U+FFFD. */
static void put_quoted(struct json *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	put_char(o, '"');
	while (*s) {
		int len = utf8_length(s);
		char esc[8];

		if (!len) {
			put_text(o, "\\ufffd");
			s++;
		} else if (*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f) {
			snprintf(esc, sizeof(esc), "\\u%04x", *s++);
			put_text(o, esc);
		} else {
			while (len--)
				put_char(o, (char)*s++);
		}
	}
	put_char(o, '"');
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void name(struct json *o, const char *key)
{
	if (o->comma)
		put_text(o, ", ");
	o->comma = false;
	put_quoted(o, key);
	put_text(o, ": ");
}

void json_open(struct json *o, const char *key)
{
	if (key)
		name(o, key);
	put_char(o, '{');
	o->comma = false;
}

void json_close(struct json *o)
{
	put_char(o, '}');
	o->comma = true;
}

void json_string(struct json *o, const char *key, const char *value)
{
	name(o, key);
	if (value)
		put_quoted(o, value);
	else
		put_text(o, "null");
	o->comma = true;
}

void json_number(struct json *o, const char *key, uint64_t n)
{
	char text[24];

	name(o, key);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put_text(o, text);
	o->comma = true;
}

/* Nanoseconds as microseconds with three decimals. */
void json_us(struct json *o, const char *key, uint64_t ns)
{
	char text[32];

	name(o, key);
	snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(ns / 1000),
		 (unsigned int)(ns % 1000));
	put_text(o, text);
	o->comma = true;
}

void json_end(struct json *o)
{
	put_char(o, '\n');
}
