/* SPDX-License-Identifier: MIT */
/* What --timeline has added up, for its picture. */
#ifndef MVM_OBSERVE_TIMELINE_INT_H
#define MVM_OBSERVE_TIMELINE_INT_H

#include <stdint.h>
#include <linux/kvm.h>
#include <mvm/abi.h>
#include "stats.h"

#define COLUMNS		512U
#define EXITS		64U		/* reasons, the last for all beyond, as in --stats */
#define LANE_GUEST	0U
#define LANE_EXIT(r)	(1U + (r))
#define LANE_REQUEST(op) (1U + EXITS + (op))
#define LANES		(1U + EXITS + MVM_OP_MAX)

struct column {
	uint64_t count;			/* what began here */
	uint64_t busy_ns;
};

struct lane {
	uint64_t count, busy_ns;
	struct column columns[COLUMNS];
};

struct timeline {
	const struct stats *stats;	/* when the stages ended */
	const struct kvm_run *run;
	const char *program, *file;
	int fd, status;
	uint64_t column_ns, total_ns;
	struct lane lanes[LANES];
};

/* draw.c: 0, or errno of the write that failed. */
int timeline_draw(const struct timeline *tl);

#endif
