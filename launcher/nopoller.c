/* SPDX-License-Identifier: MIT */
/*
 * A launcher without CONFIG_POLL: one thread, every hypercall a kick.  Implements poller.h.
 */
#include "poller.h"

int poller_start(const struct plan *plan, struct service *s)
{
	(void)plan;
	(void)s;
	return 0;
}

void poller_wait(void)
{
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
