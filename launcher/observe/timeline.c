/* SPDX-License-Identifier: MIT */
/*
 * --timeline: when what happened in one run, as a picture.  Times are added up in as many columns
 * as the picture has; when the run outgrows them two columns become one, so memory and the file
 * are bounded however long it is.
 *
 * Needs (system calls, confined): write to its file, ppoll; clock_gettime.
 */
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "msg.h"
#include "observe.h"
#include "timeline_int.h"
#include "stats.h"
#include "service/svc.h"

#define FIRST_COLUMN_NS	1000U

static struct timeline tl;		/* without a value here, which would be in the binary */
static run_enter_fn *enter;
static request_fn *wrapped[MVM_OP_MAX];
static bool busy;			/* a thread adds something */

/* ---- Adding up ----------------------------------------------------------------------------- */

static void halve_columns(struct lane *l)
{
	for (unsigned int i = 0; i < COLUMNS; i++) {
		struct column *from = &l->columns[2 * i];

		if (i < COLUMNS / 2)
			l->columns[i] = (struct column){ from[0].count + from[1].count,
							 from[0].busy_ns + from[1].busy_ns };
		else
			l->columns[i] = (struct column){ 0, 0 };
	}
}

/* From and to: since the start of mvm. */
static void add(struct lane *l, uint64_t from, uint64_t to)
{
	while (to / tl.column_ns >= COLUMNS) {
		for (unsigned int i = 0; i < LANES; i++)
			halve_columns(&tl.lanes[i]);
		tl.column_ns *= 2;
	}
	l->count++;
	l->busy_ns += to - from;
	l->columns[from / tl.column_ns].count++;
	while (from < to) {
		uint64_t i = from / tl.column_ns, end = (i + 1) * tl.column_ns;

		if (end > to)
			end = to;
		l->columns[i].busy_ns += end - from;
		from = end;
	}
}

static void add_locked(struct lane *l, uint64_t from, uint64_t to)
{
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	add(l, from - tl.stats->start_ns, to - tl.stats->start_ns);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

/* ---- Between the exit loop and the guest --------------------------------------------------- */

static int timed_enter(int vcpu)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), ended;
	uint32_t reason;
	int err = enter(vcpu);

	ended = clock_ns(CLOCK_MONOTONIC);
	reason = err ? KVM_EXIT_INTR : tl.run->exit_reason;
	add_locked(&tl.lanes[LANE_GUEST], began, ended);
	add_locked(&tl.lanes[LANE_EXIT(reason < EXITS - 1 ? reason : EXITS - 1)], ended, ended);
	return err;
}

static int64_t timed_request(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	int64_t res = wrapped[e->op](s, e, out);

	add_locked(&tl.lanes[LANE_REQUEST(e->op)], began, clock_ns(CLOCK_MONOTONIC));
	return res;
}

int timeline_start(struct run *r, const struct grants *g)
{
	tl.stats = r->stats;
	tl.column_ns = FIRST_COLUMN_NS;
	tl.program = r->plan->program;
	tl.run = r->vm->run;
	enter = run_wrap(r, timed_enter);
	ring_wrap(timed_request, wrapped);
	tl.file = r->plan->timeline;
	tl.fd = g->output[OUTPUT_TIMELINE];
	return 0;
}

void timeline_end(int status)
{
	int err;

	if (!tl.stats)
		return;
	tl.total_ns = clock_ns(CLOCK_MONOTONIC) - tl.stats->start_ns;
	tl.status = status;
	err = timeline_draw(&tl);
	if (err)
		warn("--timeline %s: cannot write all of it: %s; name a file with room", tl.file,
		     strerror(err));
}
