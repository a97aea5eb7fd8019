/* SPDX-License-Identifier: MIT */
/* observe.h for a launcher that has nothing to watch a run with. */
#include "observe.h"

int observe_start(struct run *r, const struct loaded *l, const struct grants *g)
{
	(void)r;
	(void)l;
	(void)g;
	return 0;
}

void observe_end(int status)
{
	(void)status;
}
