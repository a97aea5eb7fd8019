/* SPDX-License-Identifier: MIT */
/*
 * The one way out of a run, whoever finds that it is over: the exit loop, the poller or a
 * signal handler.  Everything here works confined and in a signal handler.
 */
#ifndef MVM_FINISH_H
#define MVM_FINISH_H

#include "run.h"

/*
 * Remembers the run, and sets up what ends it from outside: --timeout and signals (signals.c).
 * Before confine_filter(), which allows none of it.
 */
void finish_arm(const struct run *r);
/* The guest ended itself (service->ending). */
_Noreturn void finish_guest(void);
/* The debugger killed the program: as of SIGKILL. */
_Noreturn void finish_killed(void);
/* mvm dies of the signal, which its handler was called for. */
_Noreturn void finish_signal(int sig);
/* The VM cannot go on: one line, the registers, EXIT_CANNOT_RUN. */
_Noreturn void finish_vm(const char *what, uint64_t detail);

#endif
