/* SPDX-License-Identifier: MIT */
/*
 * --trace: stands between the ring and its requests, and reads the records of system calls that
 * the runtime leaves in guest memory (struct mvm_trace): before each hypercall, ten times a second,
 * and at the end, so that nothing is lost when the guest hangs or crashes.
 *
 * Needs (system calls, confined): write to its file, ppoll; clock_gettime, timer_settime, which
 * every VM has.
 */
#include <string.h>
#include <time.h>
#include "clock.h"
#include "msg.h"
#include "beat.h"
#include "observe.h"
#include "trace_int.h"
#include "service/svc.h"

#define LOOK_NS		100000000U
#define PATIENCE_NS	500000000ULL	/* for another thread's line, at the end */

static struct trace_reader reader;
static struct beat beat;
static struct run *watched;
static run_enter_fn *enter;
static request_fn *wrapped[MVM_OP_MAX];
static uint64_t requests_wanted;
static bool busy;			/* somebody reads records or makes lines */

static bool try_lock(void)
{
	return !__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE);
}

/* The other one looks at a few records: it will not be long. */
static void lock(void)
{
	while (!try_lock())
		__builtin_ia32_pause();
}

static void unlock(void)
{
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

static void read_records(void)
{
	static union trace_record r;

	while (record_next(&reader, &r))
		lines_record(&r);
}

static bool shown(unsigned int op)
{
	return requests_wanted >> op & 1 && op != MVM_OP_TRACE;
}

static int64_t traced_request(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	bool waits = e->op == MVM_OP_WAIT;
	struct request_seen q = { .e = e };
	uint64_t began;

	lock();
	read_records();
	if (waits)
		lines_waiting();
	lines_flush();
	unlock();
	if (waits)
		beat_pause(&beat);
	began = clock_ns(CLOCK_MONOTONIC);
	q.res = wrapped[e->op](s, e, out);
	if (waits)
		beat_go_on(&beat);
	if (!shown(e->op))
		return q.res;
	lock();
	lines_request(s->ram, &q, began, clock_ns(CLOCK_MONOTONIC) - began);
	lines_flush();
	unlock();
	return q.res;
}

void trace_replayed(struct service *s, const struct mvm_sqe *e, int64_t res)
{
	const struct request_seen q = { .e = e, .res = res };

	if (!watched)
		return;
	lock();
	read_records();
	if (e->op == MVM_OP_WAIT)
		lines_waiting();
	if (shown(e->op))
		lines_request(s->ram, &q, clock_ns(CLOCK_MONOTONIC), 0);
	lines_flush();
	unlock();
}

/* A guest that asks for nothing is looked at all the same, unless the poller does so now. */
static int traced_enter(int vcpu)
{
	int err = enter(vcpu);

	if (beat_taken(&beat) && try_lock()) {
		read_records();
		lines_flush();
		unlock();
	}
	return err;
}

int64_t svc_trace(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)s;
	(void)e;
	(void)out;
	return 0;			/* traced_request() has read them */
}

int trace_start(struct run *r, const struct grants *g)
{
	struct mvm_trace *area = (void *)(r->vm->ram.hva + MVM_GPA_TRACE);
	struct trace_times times;
	struct mvm_time t;

	_Static_assert(sizeof(*area) <= MVM_TRACE_MAX, "the trace's area");
	if (vm_time(r->vm, &t) < 0)
		return fail(EXIT_MVM, "--trace: the device does not tell the guest's time stamp "
			    "counter; run without it");
	times = (struct trace_times){ t.tsc_base, t.mono_ns, t.real_ns, t.mult, t.shift };
	watched = r;
	calls_want(area, r->plan->trace_calls);
	requests_wanted = r->plan->trace_requests;
	reader.area = area;
	lines_start(g->output[OUTPUT_TRACE], r->plan, &times);
	if (beat_make(&beat, "trace", LOOK_NS))
		return EXIT_MVM;
	ring_wrap(traced_request, wrapped);
	enter = run_wrap(r, traced_enter);
	beat_go_on(&beat);
	return 0;
}

/* A thread that was stopped in the middle of a line, or waits for a slow reader, keeps it. */
static bool lock_at_end(void)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	while (!try_lock())
		if (clock_ns(CLOCK_MONOTONIC) - began > PATIENCE_NS)
			return false;
	return true;
}

/* What the guest died of, or what mvm was sent; 0: it exited, or was ended. */
static int ended_by(int status)
{
	const struct ending *e = &watched->service->ending;

	if (e->ended)
		return e->signo;
	return status > 128 ? status - 128 : 0;
}

void trace_end(int status)
{
	if (!watched)
		return;
	if (!lock_at_end()) {
		warn("--trace: the last lines are missing: whoever reads them is too slow");
		return;
	}
	read_records();
	lines_end(status, ended_by(status));
	if (reader.bad)
		warn("--trace: the guest has damaged its records; calls are missing");
}
