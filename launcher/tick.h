/* SPDX-License-Identifier: MIT */
/* The guest's timer interrupt (MVM_OP_TICK): see tick.c. */
#ifndef MVM_TICK_H
#define MVM_TICK_H

#include <stdbool.h>
#include "vm.h"

/*
 * Makes the timer, whose signal goes to the calling thread, which must be the vCPU's.  After the
 * vCPU's mapping exists, before the filter.  0, or EXIT_MVM with the message printed.
 */
int tick_init(const struct vm *vm);
/* Before each KVM_RUN that follows another: what the last tick's signal asked is asked no more. */
void tick_enter(const struct vm *vm);
/*
 * KVM_RUN ended with EINTR: if it was for a tick, it is injected, or ring->attention is set and it
 * is tried again soon.  vCPU's thread only.
 */
void tick_interrupted(const struct vm *vm, struct mvm_ring *ring);
/* In a signal handler of the vCPU's thread: KVM_RUN ends with EINTR, now or when it begins. */
void tick_break(void);
/* Is the guest in the application, where it may be interrupted?  Out of KVM_RUN only. */
bool tick_possible(const struct vm *vm);
/* Interrupts it.  False: the device refuses. */
bool tick_inject(const struct vm *vm);
/* Did the tick's signal come since it was asked last? */
bool tick_taken(void);
/*
 * KVM_RUN shall return at once, until tick_unpoke(): somebody on the vCPU's thread has something to
 * do between two of them.  Async-signal-safe.
 */
void tick_poke(void);
void tick_unpoke(void);
/* The tick's signal in a moment, because the runtime was running. */
void tick_retry(void);
/* In ns from now; 0: none. */
void tick_arm(uint64_t ns);
/* The guest waits: it needs no tick. */
void tick_cancel(void);

#endif
