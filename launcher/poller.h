/* SPDX-License-Identifier: MIT */
/*
 * Who serves the ring, and when: the vCPU's thread at a kick, and (CONFIG_POLL) a second thread
 * that polls while the guest is busy.  Owns the lock that makes them one at a time.
 */
#ifndef MVM_POLLER_H
#define MVM_POLLER_H

#include "confine.h"
#include "plan.h"
#include "service.h"

/*
 * Makes the polling thread, unless the plan or the number of processors speaks against it.
 * Before seccomp on the calling thread; the new thread confines itself.  0, or -errno with the
 * message printed.
 */
int poller_start(const struct plan *plan, struct service *s, struct confinement *c);
/* Waits until the polling thread is confined; --poll=always starts it.  0, or -errno of its confinement. */
int poller_go(void);
/* A kick, on the vCPU's thread: serves the ring until nothing is left. */
void poller_kick(struct service *s);

#endif
