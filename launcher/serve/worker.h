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
/* Descriptors 0 and 1 become the guest's standard input and output. */
void request_attach(struct service *sv);
/* Closes the request's connection, of either contract. */
void request_detach(const struct supervisor *s, struct service *sv);
/* Stops the guest in ns from now.  0: not any more. */
void request_limit_time(uint64_t ns);

/* ---- rehearse.c: once through the program before the first of them ----------------------- */

/* The status of a worker whose VM did not bear it: it shall be made without. */
#define WORKER_UNREHEARSED	2

/* Makes what a rehearsal needs.  Before the filter.  0 or EXIT_MVM. */
int rehearse_init(const struct supervisor *s);
/* With the filter in force, before the first request.  To be reset then; false: it cannot be. */
bool rehearse(const struct supervisor *s, struct run *r);

#endif
