/* SPDX-License-Identifier: MIT */
/* The workers: how many there are, what each is doing, and who is made or told to go. */
#ifndef MVM_SERVE_POOL_H
#define MVM_SERVE_POOL_H

#include "supervisor.h"

/* The table.  0, or EXIT_MVM with the message printed. */
int pool_init(struct supervisor *s);
/* Something can be read from worker i, or it closed its end. */
void pool_event(struct supervisor *s, uint32_t i);
/* SIGCHLD: takes leave of those that ended.  Returns the pid of one that is none of them, or 0. */
pid_t pool_reap(struct supervisor *s, int *status);
/* Makes the pool what it should be.  Returns the ms until it is to be asked again, -1: never. */
int pool_adjust(struct supervisor *s);
/* Ends all that are left, busy or not. */
void pool_kill(struct supervisor *s);
bool pool_empty(const struct supervisor *s);
/* Asks some idle workers for their memory, in turn. */
void pool_ask_memory(struct supervisor *s);
/* Bytes of memory that are some worker's alone, as they said last. */
uint64_t pool_private_bytes(const struct supervisor *s);

#endif
