/* SPDX-License-Identifier: MIT */
/* --bench: a client of its own, and a table of how long things took. */
#ifndef MVM_SERVE_BENCH_H
#define MVM_SERVE_BENCH_H

#include "supervisor.h"

/* Room for the values, when a bench is asked for.  0, or EXIT_MVM with the message printed. */
int bench_init(const struct supervisor *s);
/* The pool is full: starts the client, the first time. */
void bench_start(void);
/* A request is over. */
void bench_note(const struct record *r);
/* A process that is no worker has ended: the client, perhaps. */
void bench_client_ended(struct supervisor *s, pid_t pid, int status);
/* True, once, when all that it asked for has come to its end: the table is printed. */
bool bench_over(struct supervisor *s);

#endif
