/* SPDX-License-Identifier: MIT */
/* A worker of mvm serve: one process, one VM, confined by itself before it accepts anything. */
#ifndef MVM_SERVE_WORKER_H
#define MVM_SERVE_WORKER_H

#include "confine/confine.h"
#include "run.h"
#include "supervisor.h"

/*
 * In the new process, with its end of the pair: goes through the stages of a run, serves
 * connections, and ends.
 */
_Noreturn void worker(struct supervisor *s, int control);

/* ---- request.c: one connection after another ------------------------------------------------- */

/* Makes the timer and the set that is waited at.  Before the filter.  0 or EXIT_MVM. */
int request_init(struct run *r, const struct sockets *sockets);
/* Serves until it is told to retire, or the VM is used up.  The filter is in force. */
void request_loop(const struct supervisor *s, struct run *r);

#endif
