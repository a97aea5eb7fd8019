/* SPDX-License-Identifier: MIT */
/*
 * Timers in a pairing heap for each clock.  Such a heap is a tree in which nobody is due before
 * its parent, whose links lie in the timers themselves: nothing is allocated, starting one is
 * O(1), and taking one out O(log n) amortized (Fredman, Sedgewick, Sleator, Tarjan: The pairing
 * heap, Algorithmica 1, 1986).
 */
#include "sched/ktimer.h"

static struct ktimer *monotonic, *cpu;

/* Makes the later of two heaps the first child of the other, which is returned. */
static struct ktimer *meld(struct ktimer *a, struct ktimer *b)
{
	struct ktimer *parent, *child;

	if (!a || !b)
		return a ? a : b;
	parent = b->due < a->due ? b : a;
	child = parent == a ? b : a;
	child->next = parent->child;
	if (child->next)
		child->next->at = &child->next;
	parent->child = child;
	child->at = &parent->child;
	parent->next = NULL;
	return parent;
}

/*
 * One heap of a list of siblings: pairs of neighbours from left to right, then all of these from
 * right to left.  It is the pairs that make it O(log n).
 */
static struct ktimer *meld_all(struct ktimer *list)
{
	struct ktimer *pairs = NULL, *all = NULL;

	while (list) {
		struct ktimer *a = list, *b = a->next, *pair;

		list = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct ktimer *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		all = meld(all, pair);
	}
	return all;
}

static void add_heap(struct ktimer **heap, struct ktimer *other)
{
	*heap = meld(*heap, other);
	if (*heap)
		(*heap)->at = heap;
}

void ktimer_stop(struct ktimer *t)
{
	struct ktimer **heap = t->heap, *below = t->child;

	if (!heap)
		return;
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	t->heap = t->at = NULL;
	t->child = t->next = NULL;
	add_heap(heap, meld_all(below));
}

static void start(struct ktimer **heap, struct ktimer *t, u64 due)
{
	ktimer_stop(t);
	t->due = due;
	t->heap = heap;
	add_heap(heap, t);
}

void ktimer_start(struct ktimer *t, u64 due)
{
	start(&monotonic, t, due);
}

void ktimer_start_cpu(struct ktimer *t, u64 due)
{
	start(&cpu, t, due);
}

u64 ktimer_next(void)
{
	return monotonic ? monotonic->due : KTIMER_NEVER;
}

u64 ktimer_next_cpu(void)
{
	return cpu ? cpu->due : KTIMER_NEVER;
}

static void run(struct ktimer **heap, u64 now)
{
	struct ktimer *t;

	while ((t = *heap) && t->due <= now) {
		ktimer_stop(t);
		t->fn(t);
	}
}

void ktimer_run(u64 now)
{
	run(&monotonic, now);
}

void ktimer_run_cpu(u64 now)
{
	run(&cpu, now);
}
