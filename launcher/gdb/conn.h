/* SPDX-License-Identifier: MIT */
/*
 * The connection to the debugger: bytes in, bytes out, and the signal that says there are some
 * while the guest runs.  One debugger at a time; another may come when it has gone.
 *
 * Needs (system calls, with --gdb only): accept4(listener) dup3(*, connection) close
 * fcntl(connection, F_SETFL|F_SETOWN) read, write(connection) ppoll
 */
#ifndef MVM_GDB_CONN_H
#define MVM_GDB_CONN_H

#include <stdbool.h>
#include <stddef.h>

/* Both descriptors that a debugger uses send SIGIO from now on.  run: see tick_poke(). */
void gdb_conn_begin(void);
bool gdb_conn_open(void);
/* The descriptor to look at while the guest waits: readable when the debugger wants something. */
int gdb_conn_fd(void);

/* Takes a debugger that has come; wait: until there is one.  False: there is none. */
bool gdb_conn_accept(bool wait);
void gdb_conn_close(void);

/* The next byte, waited for; what was written goes out first.  -1: the debugger has gone. */
int gdb_conn_get(void);
void gdb_conn_put(const void *data, size_t len);
/* False: the debugger has gone, or takes nothing. */
bool gdb_conn_flush(void);

/*
 * While the guest runs: what has come?  Bytes are thrown away, for a debugger has only one thing to
 * say then: 0x03, Ctrl-C.
 */
enum gdb_said { GDB_NOTHING, GDB_BREAK, GDB_GONE };
enum gdb_said gdb_conn_look(void);
/* Has a signal come since this was asked last? */
bool gdb_conn_signalled(void);

#endif
