/* SPDX-License-Identifier: MIT */
/*
 * Who serves the ring, and when: the vCPU's thread at a kick, and (CONFIG_POLL) a second thread
 * that polls while the guest is busy.  Owns the lock that makes them one at a time.
 */
#ifndef MVM_POLLER_H
#define MVM_POLLER_H

#include "plan.h"
#include "service/service.h"

/*
 * Makes the polling thread, asleep, unless the plan or the number of processors speaks against
 * it.  Early, so that nobody has to wait for it.  0, or -errno with the message printed.
 */
int poller_start(const struct plan *plan, struct service *s);
/* Until the thread, if there is one, does nothing any more that confine_filter() forbids. */
void poller_wait(void);
/* --poll=always: it polls from now on.  After confine_filter(). */
void poller_go(void);
/* A kick, on the vCPU's thread: serves the ring until nothing is left.  True: the guest ended. */
bool poller_kick(struct service *s);

#endif
