/* SPDX-License-Identifier: MIT */
/* The order of what watches a run.  See observe.h. */
#include "observe.h"

static const struct plan *plan;

/*
 * Who is started last is nearest to the exit loop and the ring: the timeline counts all the time
 * that the others take, and the profile interrupts what is watched by nobody else.
 */
int observe_start(struct run *r, const struct loaded *l, const struct grants *g)
{
	int status = 0;

	plan = r->plan;
	if (IS_ENABLED(CONFIG_PROFILE) && plan->profile)
		status = profile_start(r, l, g);
	if (IS_ENABLED(CONFIG_TRACE) && !status && plan->trace)
		status = trace_start(r, g);
	if (IS_ENABLED(CONFIG_TIMELINE) && !status && plan->timeline)
		status = timeline_start(r, g);
	return status;
}

void observe_end(int status)
{
	if (!plan)
		return;
	if (IS_ENABLED(CONFIG_TRACE) && plan->trace)
		trace_end(status);
	if (IS_ENABLED(CONFIG_PROFILE) && plan->profile)
		profile_end();
	if (IS_ENABLED(CONFIG_TIMELINE) && plan->timeline)
		timeline_end(status);
}
