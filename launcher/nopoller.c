/* SPDX-License-Identifier: MIT */
/*
 * A launcher without CONFIG_POLL: one thread, every hypercall a kick.  Implements poller.h.
 */
#include "finish.h"
#include "poller.h"

int poller_start(const struct plan *plan, struct service *s, struct confinement *c)
{
	(void)plan;
	(void)s;
	(void)c;
	return 0;
}

int poller_go(void)
{
	return 0;
}

void poller_kick(struct service *s)
{
	bool left;

	ring_drain(s, DRAIN_VCPU, &left);
	if (s->ending.ended)
		finish_guest();
}
