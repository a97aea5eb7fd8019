/* SPDX-License-Identifier: MIT */
/*
 * The debugger's door (--gdb): what the rest of the launcher calls of it.  The stub speaks the
 * remote serial protocol of GDB ("Debugging with GDB", appendix "GDB Remote Serial Protocol").
 * nogdb.c stands in without CONFIG_GDB.
 */
#ifndef MVM_GDB_H
#define MVM_GDB_H

#include "grants.h"
#include "plan.h"
#include "run.h"

/*
 * Opens the socket where the debugger is waited for, with the descriptor CONFINE_FD_GDB.  While
 * paths can be opened; after grants_begin(), which closes what is open.  Nothing without --gdb.
 * 0, or EXIT_MVM with the message printed.
 */
int gdb_open(const struct plan *plan);
/* Arms the signal that comes with a debugger's bytes.  Before the filter, as the last user. */
void gdb_begin(struct run *r);
/* An `out` to MVM_PORT_DEBUG: talks to the debugger until the guest is to go on. */
void gdb_stop(struct run *r);
/* KVM_RUN was interrupted: has the debugger something to say? */
void gdb_interrupted(struct run *r);
/* Guest memory was made what it had been before breakpoints were put into it. */
void gdb_restored(void);
/* The run is over: tells the debugger the status, or the signal the program died of. */
void gdb_end(int status, int signo);

#endif
