/* SPDX-License-Identifier: MIT */
/*
 * Which guest memory each request reads and writes: what a recording has to keep of it, and what
 * a replay has to compare and to put back.  The svc_*.c files do the work; this is the list of what
 * they touch.
 */
#ifndef MVM_RECORD_SPAN_H
#define MVM_RECORD_SPAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "service/gate.h"

/* Two buffers at most, one of which may be in MVM_IOV_MAX pieces. */
struct spans {
	unsigned int n;
	struct iovec v[MVM_IOV_MAX + 1];
};

/*
 * What the host reads in guest memory for e, or will write there at most.  Ranges outside of RAM,
 * for which the request fails, are left out.
 */
void spans_in(const struct guest_ram *ram, const struct mvm_sqe *e, struct spans *s);
void spans_out(const struct guest_ram *ram, const struct mvm_sqe *e, struct spans *s);
/* Leaves of spans_out() what was written by a request with this result. */
void spans_done(const struct mvm_sqe *e, int64_t res, struct spans *s);
uint64_t spans_bytes(const struct spans *s);
/* record_sum() of what is there now. */
uint64_t spans_sum(const struct spans *s);

#endif
