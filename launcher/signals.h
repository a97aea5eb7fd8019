/* SPDX-License-Identifier: MIT */
/* Signals that mvm is sent, and whose they are: see signals.c. */
#ifndef MVM_SIGNALS_H
#define MVM_SIGNALS_H

#include <stdbool.h>
#include <mvm/abi.h>

/*
 * Installs the handlers.  word: where signals of the guest's go, ring.signals or what becomes that.
 * Before the filter, which forbids it, by the vCPU's thread.
 */
void signals_init(uint32_t *word);
/* Has one come that the guest has not seen yet? */
bool signals_waiting(void);
/* What the guest takes (MVM_SIGNAL() bits), for a snapshot and for who goes on from one. */
uint32_t signals_taken(void);
void signals_take(uint32_t set);
/*
 * Has this signal, which is deadly by default, been passed on to the guest?  Then mvm dies of it
 * when the guest does.
 */
bool signals_passed(int sig);

/*
 * What a signal does by default, for rt_sigaction(2): the kernel's struct sigaction, all zero.  The
 * filter knows it by its address, which is in read-only memory.
 */
extern const unsigned long signals_default[4];

#endif
