/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of keeping time between two samples of the host's clock: pure, so that it is
 * tested on its own.
 */
#ifndef MVM_RT_SYS_CLOCKADJ_H
#define MVM_RT_SYS_CLOCKADJ_H

#include <stdbool.h>
#include <stdint.h>

#include <mvm/abi.h>

#include "sys/vvar.h"

#define CLOCK_SPAN_NS		2000000000ULL	/* a new sample is taken after this long */
#define CLOCK_STEP_NS		100000000LL	/* farther behind than this: step, do not slew */

struct clockadj {
	struct vvar now;	/* the parameters in force; now.seq is not used */
	uint64_t rate;		/* true mult, without the correction that now.mult contains */
	struct mvm_time sample;	/* the last one */
};

/* CLOCK_MONOTONIC by the parameters in force, also beyond their span. */
uint64_t clockadj_mono(const struct clockadj *c, uint64_t tsc);

/*
 * Takes a new sample of the host's clock.  tsc: now, not before sample->tsc_base.  The clock
 * goes on from where it is, never backwards, and nears the host's within CLOCK_SPAN_NS, by at
 * most an eighth faster or slower; a clock that is far behind steps.  False: the sample is
 * nonsense (mult 0, shift above 63) and nothing has changed.
 */
bool clockadj_update(struct clockadj *c, const struct mvm_time *sample, uint64_t tsc);

#endif
