/* SPDX-License-Identifier: MIT */
/*
 * Who runs next, and the sleep of one who cannot go on.  Ready threads take turns in the order in
 * which they became ready; when there is none the VM idles.  There is no idle thread: the last to
 * fall asleep waits for the host on its own stack.
 */
#include "sched/sched.h"

#include <linux/time.h>

#include "debug.h"
#include "sched/fpu.h"
#include "sched/hostfd.h"
#include "sched/ktimer.h"
#include "sched/thread.h"
#include "sched/tick.h"
#include "sys/sys.h"
#include "sys/clock.h"

void switch_stack(u64 *save, u64 load);

static struct thread *ready_first, *ready_last;

static void enqueue(struct thread *t)
{
	t->state = THREAD_READY;
	t->next_ready = NULL;
	if (ready_first)
		ready_last->next_ready = t;
	else
		ready_first = t;
	ready_last = t;
	current->work |= WORK_TICK;
}

static struct thread *dequeue(void)
{
	struct thread *t = ready_first;

	if (t)
		ready_first = t->next_ready;
	return t;
}

bool sched_others_ready(void)
{
	return ready_first;
}

void sched_wake(struct thread *t)
{
	if (t->state == THREAD_ASLEEP)
		enqueue(t);
}

void sched_start(struct thread *t)
{
	enqueue(t);
}

/* ---- the switch ---- */

static void save_bases(struct thread *t)
{
	if (!rt_cpu.fsgsbase)
		return;
	asm volatile("rdfsbase %0" : "=r"(t->fs_base));
	asm volatile("rdgsbase %0" : "=r"(t->gs_base));
}

static void load_registers(struct thread *t)
{
	rt_set_fs_base(t->fs_base);
	if (rt_cpu.fsgsbase)
		asm volatile("wrgsbase %0" : : "r"(t->gs_base));
	fpu_enter(t->fpu);
}

bool sched_park(void)
{
	if (!thread_has_fpu_room())
		return false;
	save_bases(current);
	fpu_leave(current->fpu, true);
	return true;
}

void sched_unpark(void)
{
	load_registers(current);
}

void sched_arrived(void)
{
	struct thread *t = current;

	t->state = THREAD_RUNNING;
	t->ran_from = clock_ticks();
	load_registers(t);
	/* Somebody may wait for the vCPU, for a time or for the host. */
	t->work |= WORK_TICK;
	thread_reap();
}

static void switch_to(struct thread *next)
{
	struct thread *prev = current;

	prev->cpu_ticks += clock_ticks() - prev->ran_from;
	if (prev->state != THREAD_DEAD) {
		save_bases(prev);
		fpu_leave(prev->fpu, prev->entry != ENTRY_CALL);
	}
	current = next;
	switch_stack(&prev->rsp, next->rsp);
	sched_arrived();
}

u64 sched_cpu_ticks(const struct thread *t)
{
	return t->cpu_ticks + (t == current ? clock_ticks() - t->ran_from : 0);
}

/* The next one to run; it may be the current one, which fell asleep and was woken. */
static struct thread *pick(void)
{
	struct thread *t;

	if (hostfd_awaited())
		hostfd_look_sometimes();
	while (!(t = dequeue())) {
		u64 began = clock_ticks();

		hostfd_idle(timers_next());
		if (debug_on())
			debug_idle();
		timers_run();
		current->ran_from += clock_ticks() - began;
	}
	return t;
}

void sched_leave(void)
{
	struct thread *next = pick();

	if (next == current)
		next->state = THREAD_RUNNING;
	else
		switch_to(next);
}

bool sched_yield(void)
{
	if (hostfd_awaited())
		hostfd_look_sometimes();
	if (!sched_others_ready())
		return false;
	enqueue(current);
	sched_leave();
	return true;
}

/* ---- sleeping ---- */

struct timeout {
	struct ktimer timer;
	struct thread *thread;
};

static void time_is_up(struct ktimer *t)
{
	sched_wake(container_of(t, struct timeout, timer)->thread);
}

int sched_sleep(u64 deadline)
{
	struct timeout t = { .timer.fn = time_is_up, .thread = current };
	bool limited = deadline != KTIMER_NEVER;

	timers_run();
	if (signal_pending())
		return -EINTR;
	if (limited && time_now(CLOCK_MONOTONIC) >= deadline) {
		sched_yield();
		return signal_pending() ? -EINTR : -ETIMEDOUT;
	}
	if (limited)
		ktimer_start(&t.timer, deadline);
	current->state = THREAD_ASLEEP;
	sched_leave();
	if (signal_pending()) {
		ktimer_stop(&t.timer);
		return -EINTR;
	}
	if (limited && !ktimer_armed(&t.timer))
		return -ETIMEDOUT;
	ktimer_stop(&t.timer);
	return 0;
}
