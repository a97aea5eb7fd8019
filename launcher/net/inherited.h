/* SPDX-License-Identifier: MIT */
/* Listening sockets that are passed to mvm: --listen fd:N, and LISTEN_FDS of mvm serve. */
#ifndef MVM_INHERITED_H
#define MVM_INHERITED_H

#include "plan.h"

/*
 * Takes a listening stream socket to the number `to`, non-blocking, and notes in *l where it is.
 * option: what a message begins with.  0, or EXIT_MVM with the message printed.
 */
int listener_adopt(int fd, int to, const char *option, struct plan_listen *l);
/*
 * The same of all --listen fd:N that were not taken yet, to CONFINE_FD_LISTEN + *n and so on.
 * Before anything is opened, which could take their numbers, or closed.
 */
int listeners_adopt(const struct plan *plan, unsigned int *n);

#endif
