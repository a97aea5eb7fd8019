/* SPDX-License-Identifier: MIT */
/*
 * A launcher without CONFIG_POLL: one thread, every hypercall a kick.  Implements poller.h.
 */
#include "poller.h"

static int done;

int poller_start(const struct plan *plan, struct service *s, poller_job job, void *arg)
{
	(void)plan;
	(void)s;
	done = job(arg);
	return 0;
}

int poller_wait(void)
{
	return done;
}

void poller_go(void)
{
}

bool poller_kick(struct service *s)
{
	bool left;

	ring_drain(s, DRAIN_VCPU, &left);
	return s->ending.ended;
}
