/* SPDX-License-Identifier: MIT */
/* Without CONFIG_SNAPSHOT nothing of this is called. */
#include "msg.h"
#include "snap.h"

int snap_make(const struct plan *plan, struct stats *stats)
{
	(void)stats;
	return fail(EXIT_MVM, "%s: this mvm makes no snapshots", plan->program);
}
