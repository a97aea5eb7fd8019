/* SPDX-License-Identifier: MIT */
/* The framing of the remote protocol.  See packet.h. */
#include "packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "conn.h"

#define ESCAPE		'}'
#define ESCAPE_XOR	0x20

static bool no_acks;
static const char digits[] = "0123456789abcdef";

void gdb_packet_no_acks(void)
{
	no_acks = true;
}

void gdb_packet_reset(void)
{
	no_acks = false;
}

/* ---- In ------------------------------------------------------------------------------------- */

static int digit(int ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* Everything between packets is passed over.  False: the debugger has gone. */
static bool find_start(void)
{
	int ch;

	do
		ch = gdb_conn_get();
	while (ch >= 0 && ch != '$');
	return ch >= 0;
}

/* One packet behind its $.  Its length; -1: gone; -2: damaged, or too long. */
static long body(char *data)
{
	unsigned int sum = 0, n = 0;
	bool escaped = false, fits = true;
	int ch, high, low;

	while ((ch = gdb_conn_get()) != '#') {
		if (ch < 0)
			return -1;
		if (ch == '$') {		/* the other side has begun again */
			sum = n = 0;
			escaped = false;
			fits = true;
			continue;
		}
		sum += (unsigned int)ch;
		if (ch == ESCAPE && !escaped) {
			escaped = true;
			continue;
		}
		if (n == GDB_PACKET_MAX)
			fits = false;
		else
			data[n++] = (char)(escaped ? ch ^ ESCAPE_XOR : ch);
		escaped = false;
	}
	high = gdb_conn_get();
	low = high < 0 ? -1 : gdb_conn_get();
	if (low < 0)
		return -1;
	high = digit(high);
	low = digit(low);
	data[n] = '\0';
	if (!fits || high < 0 || low < 0 || (unsigned int)(high << 4 | low) != (sum & 0xff))
		return -2;
	return (long)n;
}

long gdb_packet_get(char data[GDB_PACKET_MAX + 1])
{
	for (;;) {
		long n = find_start() ? body(data) : -1;

		if (n == -1)
			return -1;
		if (!no_acks)
			gdb_conn_put(n < 0 ? "-" : "+", 1);
		if (n >= 0)
			return n;
		/* Nobody asks again: the packet is answered as one that is not known. */
		if (no_acks)
			gdb_answer("%s", "");
	}
}

/* ---- Out ------------------------------------------------------------------------------------ */

static struct {
	char text[GDB_PACKET_MAX];
	size_t used;
} out;

void gdb_reply_begin(void)
{
	out.used = 0;
}

static void reply_va(const char *fmt, va_list ap)
{
	size_t room = sizeof(out.text) - out.used;
	int n = vsnprintf(out.text + out.used, room, fmt, ap);

	if (n > 0)
		out.used += (size_t)n < room ? (size_t)n : room - 1;
}

void gdb_reply(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply_va(fmt, ap);
	va_end(ap);
}

void gdb_reply_hex(const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len && sizeof(out.text) - out.used >= 2; len--, p++) {
		out.text[out.used++] = digits[*p >> 4];
		out.text[out.used++] = digits[*p & 15];
	}
}

size_t gdb_reply_binary(const void *data, size_t len)
{
	const char *p = data;
	size_t n;

	for (n = 0; n < len && sizeof(out.text) - out.used >= 2; n++) {
		bool special = strchr("#$}*", p[n]) && p[n];

		if (special)
			out.text[out.used++] = ESCAPE;
		out.text[out.used++] = special ? p[n] ^ ESCAPE_XOR : p[n];
	}
	return n;
}

void gdb_reply_end(void)
{
	char tail[3] = "#";
	uint8_t sum = 0;

	for (size_t i = 0; i < out.used; i++)
		sum += (uint8_t)out.text[i];
	tail[1] = digits[sum >> 4];
	tail[2] = digits[sum & 15];
	gdb_conn_put("$", 1);
	gdb_conn_put(out.text, out.used);
	gdb_conn_put(tail, sizeof(tail));
}

void gdb_answer(const char *fmt, ...)
{
	va_list ap;

	gdb_reply_begin();
	va_start(ap, fmt);
	reply_va(fmt, ap);
	va_end(ap);
	gdb_reply_end();
}

/* ---- Numbers -------------------------------------------------------------------------------- */

bool gdb_char(const char **s, char ch)
{
	if (**s != ch)
		return false;
	(*s)++;
	return true;
}

bool gdb_hex(const char **s, uint64_t *value)
{
	const char *start = *s;
	int d;

	for (*value = 0; (d = digit(**s)) >= 0; (*s)++) {
		if (*value >> 60)
			return false;
		*value = *value << 4 | (unsigned int)d;
	}
	return *s != start;
}

bool gdb_hex_bytes(const char **s, void *to, size_t len)
{
	uint8_t *p = to;

	for (; len; len--, p++, *s += 2) {
		int high = digit((*s)[0]), low = high < 0 ? -1 : digit((*s)[1]);

		if (low < 0)
			return false;
		*p = (uint8_t)(high << 4 | low);
	}
	return true;
}
