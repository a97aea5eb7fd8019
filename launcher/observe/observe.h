/* SPDX-License-Identifier: MIT */
/*
 * What watches a run: --trace, --profile, --timeline.  Each puts itself between the exit loop and
 * KVM (run.enter), or between the ring and its requests (ring_wrap()), before the guest runs; in a
 * run that nobody watches nothing asks whether it is watched.
 */
#ifndef MVM_OBSERVE_H
#define MVM_OBSERVE_H

#include "grants.h"
#include "load.h"
#include "options/options.h"
#include "run.h"

/*
 * Makes what they need, after the VM and before confine_filter().  0, or the exit status with the
 * message printed.
 */
int observe_start(struct run *r, const struct loaded *l, const struct grants *g);
/*
 * Writes what is left to be written.  Once, by whoever ends the run, with mvm's exit status;
 * works confined, also in a signal handler.
 */
void observe_end(int status);

/* ---- filter.c: what --trace-filter wants, as data in the plan ------------------------------ */

void trace_want_all(struct plan *p);
/* 0, or EXIT_MVM with the message printed. */
int trace_filter(struct plan *p, const struct option_desc *o, char *list);

/* ---- for replay.c ------------------------------------------------------------------------- */

/* A request that nobody carries out was answered with res; what it wrote is in guest memory. */
struct service;
void trace_replayed(struct service *s, const struct mvm_sqe *e, int64_t res);

/* ---- for observe.c ------------------------------------------------------------------------- */

int trace_start(struct run *r, const struct grants *g);
void trace_end(int status);
int profile_start(struct run *r, const struct loaded *l, const struct grants *g);
void profile_end(void);
int timeline_start(struct run *r, const struct grants *g);
void timeline_end(int status);

#endif
