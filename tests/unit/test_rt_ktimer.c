/* SPDX-License-Identifier: MIT */
/*
 * runtime/sched/ktimer.c against a model that searches: many timers started, moved, stopped and
 * run at random fire exactly when they should, each once, the earliest first; also when what
 * they call starts and stops others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/ktimer.h"

#define TIMERS	500
#define STEPS	200000

static struct one {
	struct ktimer t;
	u64 due;		/* the model: 0, not armed */
	u32 fired;
} timers[TIMERS];

static u64 last_fired, now;
static u32 seed;

static u32 rnd(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void fire(struct ktimer *t)
{
	struct one *o = container_of(t, struct one, t);

	assert_true(o->due);
	assert_true(o->due <= now);
	assert_true(o->due >= last_fired);
	assert_false(ktimer_armed(t));
	last_fired = o->due;
	o->due = 0;
	o->fired++;
	if (!rnd(3)) {
		o->due = now + 1 + rnd(1000);
		ktimer_start(t, o->due);
	}
	if (!rnd(3)) {
		struct one *other = &timers[rnd(TIMERS)];

		ktimer_stop(&other->t);
		other->due = 0;
	}
}

static u64 model_next(void)
{
	u64 next = KTIMER_NEVER;

	for (int i = 0; i < TIMERS; i++)
		if (timers[i].due)
			next = MIN(next, timers[i].due);
	return next;
}

static void test_model(void **state)
{
	(void)state;
	seed = 20;
	now = 1000;
	for (int i = 0; i < TIMERS; i++)
		timers[i].t.fn = fire;
	for (int step = 0; step < STEPS; step++) {
		struct one *o = &timers[rnd(TIMERS)];

		switch (rnd(4)) {
		case 0:
		case 1:
			o->due = now + 1 + rnd(rnd(2) ? 10 : 100000);
			ktimer_start(&o->t, o->due);
			break;
		case 2:
			ktimer_stop(&o->t);
			o->due = 0;
			break;
		case 3:
			now += rnd(200);
			last_fired = 0;
			ktimer_run(now);
			assert_true(ktimer_next() > now);
			break;
		}
		assert_int_equal(ktimer_armed(&o->t), !!o->due);
		if (step % 16 == 0)
			assert_int_equal(ktimer_next(), model_next());
	}
	for (int i = 0; i < TIMERS; i++)
		ktimer_stop(&timers[i].t);
	assert_int_equal(ktimer_next(), KTIMER_NEVER);
}

static u32 count;

static void count_up(struct ktimer *t)
{
	(void)t;
	count++;
}

/* Equal times, the two clocks apart, and the edges of the range. */
static void test_clocks(void **state)
{
	struct ktimer a = { .fn = count_up }, b = a, c = a;

	(void)state;
	count = 0;
	ktimer_start(&a, 5);
	ktimer_start(&b, 5);
	ktimer_start_cpu(&c, 3);
	assert_int_equal(ktimer_next(), 5);
	assert_int_equal(ktimer_next_cpu(), 3);
	ktimer_run(4);
	assert_int_equal(count, 0);
	ktimer_run(5);
	assert_int_equal(count, 2);
	ktimer_run_cpu(2);
	assert_int_equal(count, 2);
	/* From one clock to the other. */
	ktimer_start(&c, KTIMER_NEVER - 1);
	assert_int_equal(ktimer_next_cpu(), KTIMER_NEVER);
	ktimer_run(KTIMER_NEVER - 2);
	assert_int_equal(count, 2);
	ktimer_run(KTIMER_NEVER - 1);
	assert_int_equal(count, 3);
	ktimer_stop(&c);
	assert_int_equal(ktimer_next(), KTIMER_NEVER);
}

/* A hundred thousand, in the orders that make a bad heap quadratic. */
static void test_many(void **state)
{
	static struct ktimer t[100000];
	const u32 n = ARRAY_SIZE(t);

	(void)state;
	for (u32 way = 0; way < 2; way++) {
		count = 0;
		for (u32 i = 0; i < n; i++) {
			t[i].fn = count_up;
			ktimer_start(&t[i], way ? n - i : i + 1);
		}
		for (u32 i = 0; i < n; i += 2)
			ktimer_stop(&t[i]);
		for (u32 i = 0; i <= n; i++)
			ktimer_run(i);
		assert_int_equal(count, n / 2);
		assert_int_equal(ktimer_next(), KTIMER_NEVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
