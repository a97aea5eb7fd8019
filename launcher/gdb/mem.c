/* SPDX-License-Identifier: MIT */
/*
 * Memory for the debugger.  What a mapping has not populated yet is not there to be read from
 * outside; the guest is asked to touch it.
 */
#include <string.h>
#include "gdb_int.h"

/* Is va there, at the latest after the guest has touched it? */
static bool present(uint64_t va)
{
	struct guest_piece p;
	uint64_t next;

	if (guest_piece(&gdb.run->guest, va, &p, &next))
		return true;
	gdb_command(MVM_DEBUG_TOUCH, va);
	return guest_piece(&gdb.run->guest, va, &p, &next);
}

uint64_t gdb_read(uint64_t va, void *buf, uint64_t len)
{
	uint8_t *p = buf;
	uint64_t n = guest_read(&gdb.run->guest, va, p, len);

	while (n < len && present(va + n))
		n += guest_read(&gdb.run->guest, va + n, p + n, len - n);
	gdb_break_hide(va, p, n);
	return n;
}

uint64_t gdb_write(uint64_t va, const void *buf, uint64_t len)
{
	const uint8_t *p = buf;
	uint64_t n = guest_write(&gdb.run->guest, va, p, len);

	while (n < len && present(va + n))
		n += guest_write(&gdb.run->guest, va + n, p + n, len - n);
	gdb_break_rewrite(va, p, n);
	return n;
}

/* ADDR,LEN, with LEN at most max. */
static bool range(const char **s, uint64_t *va, uint64_t *len, uint64_t max)
{
	return gdb_hex(s, va) && gdb_char(s, ',') && gdb_hex(s, len) && *len <= max;
}

void gdb_packet_m(const char *s)
{
	static uint8_t buf[GDB_PACKET_MAX / 2];
	uint64_t va, len, n;

	if (!range(&s, &va, &len, UINT64_MAX) || *s) {
		gdb_answer("E01");
		return;
	}
	n = gdb_read(va, buf, len < sizeof(buf) ? len : sizeof(buf));
	if (len && !n) {
		gdb_answer("E0e");			/* EFAULT */
		return;
	}
	gdb_reply_begin();
	gdb_reply_hex(buf, n);
	gdb_reply_end();
}

static void answer_write(uint64_t va, const void *buf, uint64_t len)
{
	gdb_answer(gdb_write(va, buf, len) == len ? "OK" : "E0e");
}

void gdb_packet_M(const char *s)
{
	static uint8_t buf[GDB_PACKET_MAX / 2];
	uint64_t va, len;

	if (range(&s, &va, &len, sizeof(buf)) && gdb_char(&s, ':') && gdb_hex_bytes(&s, buf, len))
		answer_write(va, buf, len);
	else
		gdb_answer("E01");
}

void gdb_packet_X(const char *s, const char *end)
{
	uint64_t va, len;

	if (range(&s, &va, &len, GDB_PACKET_MAX) && gdb_char(&s, ':') &&
	    len == (uint64_t)(end - s))
		answer_write(va, s, len);
	else
		gdb_answer("E01");
}
