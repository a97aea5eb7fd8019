/* SPDX-License-Identifier: MIT */
/*
 * stats.h for a launcher without CONFIG_STATS: nothing is counted, and there is no --stats to
 * ask for it.
 */
#include "stats.h"

void stats_begin(struct stats *s)
{
	(void)s;
}

void stats_stage(struct stats *s, enum stage st)
{
	(void)s;
	(void)st;
}

void stats_write(const struct stats *s, int fd, const struct ending *e, const struct vm *vm)
{
	(void)s;
	(void)fd;
	(void)e;
	(void)vm;
}
