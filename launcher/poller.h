/* SPDX-License-Identifier: MIT */
/*
 * Who serves the ring, and when: the vCPU's thread at a kick, and (CONFIG_POLL) a second thread
 * that polls while the guest is busy.  Owns the lock that makes them one at a time.
 */
#ifndef MVM_POLLER_H
#define MVM_POLLER_H

#include "plan.h"
#include "service/service.h"

/* What is done beside the rest of the start: 0, or -1 with the message printed. */
typedef int (*poller_job)(void *arg);
/*
 * Makes the polling thread, unless the plan or the number of processors speaks against it.  Early:
 * before it sleeps, it does the job; without it, job is done here.  0, or -errno with the message
 * printed.
 */
int poller_start(const struct plan *plan, struct service *s, poller_job job, void *arg);
/*
 * Until the thread, if there is one, does nothing any more that confine_filter() forbids.  What the
 * job returned.
 */
int poller_wait(void);
/* --poll=always: it polls from now on.  After confine_filter(). */
void poller_go(void);
/* A kick, on the vCPU's thread: serves the ring until nothing is left.  True: the guest ended. */
bool poller_kick(struct service *s);

#endif
