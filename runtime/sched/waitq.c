/* SPDX-License-Identifier: MIT */
/* Wait queues: who is on them, and a thread's sleep on one. */
#include "sched/sched.h"

void waitq_add(struct waitq *q, struct waiter *w)
{
	w->q = q;
	w->next = NULL;
	w->prev = q->last;
	if (q->last)
		q->last->next = w;
	else
		q->first = w;
	q->last = w;
}

void waitq_remove(struct waiter *w)
{
	struct waitq *q = w->q;

	if (!q)
		return;
	if (w->prev)
		w->prev->next = w->next;
	else
		q->first = w->next;
	if (w->next)
		w->next->prev = w->prev;
	else
		q->last = w->prev;
	w->q = NULL;
}

static void wake(struct waitq *q, u32 events, bool one)
{
	struct waiter *w, *next;

	for (w = q->first; w; w = next) {
		bool exclusive = w->exclusive;

		next = w->next;
		if (w->fn(w, events) && one && exclusive)
			return;
	}
}

void waitq_wake(struct waitq *q, u32 events)
{
	wake(q, events, false);
}

void waitq_wake_one(struct waitq *q, u32 events)
{
	wake(q, events, true);
}

void waitq_destroy(struct waitq *q, u32 events)
{
	struct waiter *w;

	while ((w = q->first)) {
		waitq_remove(w);
		w->fn(w, events);
	}
}

/* A thread that sleeps on a queue.  Woken, it leaves the queue at once: one wake, one thread. */
struct sleeper {
	struct waiter w;
	struct thread *thread;
	bool woken;
};

static bool wake_sleeper(struct waiter *w, u32 events)
{
	struct sleeper *s = container_of(w, struct sleeper, w);

	(void)events;
	waitq_remove(w);
	s->woken = true;
	sched_wake(s->thread);
	return true;
}

static int sleep_on(struct waitq *q, bool exclusive, u64 deadline)
{
	struct sleeper s = {
		.w = { .fn = wake_sleeper, .exclusive = exclusive },
		.thread = current,
	};
	int err;

	waitq_add(q, &s.w);
	err = sched_sleep(deadline);
	waitq_remove(&s.w);
	return s.woken ? 0 : err;
}

int waitq_wait(struct waitq *q, u64 deadline)
{
	return sleep_on(q, false, deadline);
}

int waitq_wait_exclusive(struct waitq *q, u64 deadline)
{
	return sleep_on(q, true, deadline);
}
