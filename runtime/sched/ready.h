/* SPDX-License-Identifier: MIT */
/*
 * The ready point: when a snapshot is wanted, the first time that the VM idles because somebody
 * waits for standard input or for a connection from outside, or when the program says so.
 */
#ifndef MVM_RT_SCHED_READY_H
#define MVM_RT_SCHED_READY_H

#include "rt.h"

struct hostfd;

/* Is the host still to be told? */
extern bool ready_wanted;

/* Called when the boot information can be read and the standard streams are there. */
void ready_init(void);
/*
 * The VM is about to idle; watched: n hostfds by their handles, NULL for others.  MVM_READY_* for
 * the WAIT that follows, and the application's registers are in memory; 0: not yet.
 */
u32 ready_before(struct hostfd *const *watched, u32 n);
/*
 * After a WAIT with what ready_before() said (not 0): the registers are the application's again.
 * True: this is a clone, whose clock and randomness are its own now; no time has passed.
 */
bool ready_after(void);

#endif
