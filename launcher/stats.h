/* SPDX-License-Identifier: MIT */
/*
 * Counters and stage times of one run, and their JSON.  Counting must cost next to nothing when
 * nobody asked: all calls take a struct stats that may be NULL.
 */
#ifndef MVM_STATS_H
#define MVM_STATS_H

#include <stdint.h>
#include <mvm/abi.h>

enum stage { STAGE_OPTIONS, STAGE_GRANTS, STAGE_VM, STAGE_LOAD, STAGE_SETUP, STAGE_CONFINE,
	     STAGE_RUN, STAGE_COUNT };

struct plan;

struct stats {
	uint64_t stage_ns[STAGE_COUNT];	/* CLOCK_MONOTONIC at the end of each stage */
	uint64_t start_ns;
	uint64_t exits[64];		/* by kvm_run.exit_reason, the last for all beyond */
	uint64_t requests[MVM_OP_MAX];	/* by op */
	uint64_t polled, kicked;	/* requests by how they arrived */
	uint64_t bad_requests;
	uint64_t missing[512];		/* by system call number */
	uint64_t grown_bytes, released_bytes;
	const struct plan *plan;	/* what was asked for; NULL: left out of the JSON */
	int exit_status;		/* mvm's own; set before stats_write() */
};

static inline void stats_exit(struct stats *s, uint32_t reason)
{
	if (s)
		s->exits[reason < 63 ? reason : 63]++;
}

/* The first thing in main(): all times count from here.  s is zero. */
void stats_begin(struct stats *s);
/* At the end of each stage; a stage that never ended is left out of the JSON. */
void stats_stage(struct stats *s, enum stage st);
/* Names of stages, and of exit reasons as stats_exit() counts them; NULL: there is none. */
const char *stats_stage_name(enum stage st);
const char *stats_exit_name(uint32_t reason);
/*
 * Writes the JSON object and a newline to fd.  Runs confined, with two system calls: write(2) to
 * fd, and mincore(2) for the memory the guest has touched.  Called when the vCPU is stopped.
 * e, vm: NULL when it did not get so far.
 */
struct ending;
struct vm;
void stats_write(const struct stats *s, int fd, const struct ending *e, const struct vm *vm);

#endif
