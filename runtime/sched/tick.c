/* SPDX-License-Identifier: MIT */
/*
 * The timer interrupt.  It is asked for only while somebody else is waiting: another thread for the
 * vCPU, a timer for its time, a request that was begun for its kick; a program with one thread and
 * no timers is never interrupted.  It is one interrupt, not a rhythm, asked for again on the way
 * back to the application.
 */
#include "sched/tick.h"

#include <linux/time.h>

#include "debug.h"
#include "sched/hostfd.h"
#include "sched/ktimer.h"
#include "sched/record.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/hostsig.h"
#include "sys/signal.h"
#include "sys/sys.h"

/* An interrupt costs up to 100 us on a software KVM: 1 %. */
#define SLICE_NS	10000000UL
#define SOONEST_NS	20000UL

static u64 armed_until = KTIMER_NEVER;	/* CLOCK_MONOTONIC ns when it will come */

/* The earliest reason for one. */
static u64 wanted(u64 now)
{
	u64 at = ktimer_next(), cpu = ktimer_next_cpu();

	if (cpu != KTIMER_NEVER) {
		u64 used = clock_cpu_ns();

		at = MIN(at, now + (cpu > used ? cpu - used : 0));
	}
	if (sched_others_ready() || hostfd_awaited())
		at = MIN(at, now + SLICE_NS);
	if (hyper_outstanding())
		at = MIN(at, now + TICK_BEGUN_NS);
	if (unlikely(hyper_gatherer) && hyper_gatherer->pending)
		at = MIN(at, now + MVM_INETD_TICK_NS);
	return at;
}

void tick_update(void)
{
	struct mvm_sqe e = { .op = MVM_OP_TICK };
	u64 now = time_lately(CLOCK_MONOTONIC), at = wanted(now);

	current->work &= ~WORK_TICK;
	if (at >= armed_until)
		return;
	at = MAX(at, now + SOONEST_NS);
	e.arg = at - now;
	if (hyper(&e, NULL) == 0)
		armed_until = at;
}

void tick_forget(void)
{
	armed_until = KTIMER_NEVER;
	__atomic_store_n(&hyper_ring->attention, 0, __ATOMIC_RELAXED);
}

void tick_armed(u64 ns)
{
	armed_until = time_lately(CLOCK_MONOTONIC) + ns;
}

static void handle(void)
{
	tick_forget();
	if (run_recorded())
		record_noticed();
	current->work |= WORK_TICK;
	hostsig_collect();
	timers_run();
	hyper_drain();
	hostfd_look();
}

void tick_noticed(void)
{
	handle();
	sched_yield();
}

void tick_preempt(struct regs *r)
{
	handle();
	if (debug_on() && debug_locked())
		return;
	/* Whoever runs meanwhile may be in the same sequence: rseq(2). */
	if (sched_others_ready() && rseq_interrupted(r))
		signal_fault(r, SIGSEGV, SI_KERNEL, 0, NO_VECTOR, 0);
	else
		sched_yield();
}
