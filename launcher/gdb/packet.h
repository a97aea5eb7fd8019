/* SPDX-License-Identifier: MIT */
/*
 * Packets: `$data#checksum`, acknowledged until both sides agree not to.  What comes in is of
 * bounded length and checked; what does not fit or does not add up is asked for again.
 */
#ifndef MVM_GDB_PACKET_H
#define MVM_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MAX	0x4000U		/* bytes between $ and # */

/*
 * Waits for one packet.  data gets its unescaped bytes and a NUL behind them.  Its length, or -1
 * when the debugger has gone.
 */
long gdb_packet_get(char data[GDB_PACKET_MAX + 1]);
/* QStartNoAckMode: from the next packet on. */
void gdb_packet_no_acks(void);
/* A new debugger: acknowledgements are the rule. */
void gdb_packet_reset(void);

/* Building the one answer.  What is beyond GDB_PACKET_MAX is cut off. */
void gdb_reply_begin(void);
void gdb_reply(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void gdb_reply_hex(const void *data, size_t len);
/* Bytes with escapes where the protocol wants them; returns how many of them went in. */
size_t gdb_reply_binary(const void *data, size_t len);
void gdb_reply_end(void);
/* Begin, one text, end. */
void gdb_answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- Numbers in packets ---- */

/* A hexadecimal number at *s, which moves behind it; false: there is none. */
bool gdb_hex(const char **s, uint64_t *value);
/* Two digits a byte into out; false when there are not 2 * len digits. */
bool gdb_hex_bytes(const char **s, void *out, size_t len);
/* The character c at *s, which moves behind it. */
bool gdb_char(const char **s, char c);

#endif
