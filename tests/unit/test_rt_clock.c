/* SPDX-License-Identifier: MIT */
/*
 * runtime/sys/clockadj.c: the clock follows the host's, whatever that does, and never goes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sys/clockadj.h"

#define SEC	1000000000ULL
#define SHIFT	31

/* A host whose TSC runs at hz, and which says that it runs at hz_stated. */
struct host {
	uint64_t hz, hz_stated;
	uint64_t tsc0, mono0;
};

static uint64_t host_mono(const struct host *h, uint64_t tsc)
{
	return h->mono0 + (uint64_t)((unsigned __int128)(tsc - h->tsc0) * SEC / h->hz);
}

static struct mvm_time sample(const struct host *h, uint64_t tsc)
{
	struct mvm_time t = {
		.tsc_base = tsc,
		.mono_ns = host_mono(h, tsc),
		.mult = (uint32_t)((SEC << SHIFT) / h->hz_stated),
		.shift = SHIFT,
	};

	t.real_ns = t.mono_ns + 1700000000 * SEC;
	t.boot_ns = t.mono_ns + 5 * SEC;
	return t;
}

static int64_t error_at(const struct clockadj *c, const struct host *h, uint64_t tsc)
{
	return (int64_t)(clockadj_mono(c, tsc) - host_mono(h, tsc));
}

static void test_first(void **state)
{
	struct host h = { 3000000000, 3000000000, 1000, 77 * SEC };
	struct mvm_time t = sample(&h, 5000000);
	struct clockadj c = { 0 };

	(void)state;
	assert_true(clockadj_update(&c, &t, 5003000));
	assert_true(llabs(error_at(&c, &h, 5003000)) <= 2);
	assert_true(llabs(error_at(&c, &h, 5003000 + 3000000000)) <= 5);
	assert_int_equal(c.now.real_off, 1700000000 * SEC);
	assert_int_equal(c.now.boot_off, 5 * SEC);
}

/* The stated frequency is wrong by 200 ppm: corrected smoothly, and then measured. */
static void test_slew(void **state)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct host h = { 2445000000, 2445000000 + sign * 489000, 0, SEC };
		struct clockadj c = { 0 };
		uint64_t tsc = 1, last = 0;

		(void)state;
		for (int i = 0; i < 10; i++) {
			struct mvm_time t = sample(&h, tsc);
			uint64_t before = clockadj_mono(&c, tsc + 100);

			assert_true(clockadj_update(&c, &t, tsc + 100));
			if (i)
				assert_in_range(clockadj_mono(&c, tsc + 100) - before, 0, 1);
			for (int k = 0; k < 100; k++, tsc += h.hz * 2 / 100) {
				uint64_t now = clockadj_mono(&c, tsc + 100);

				assert_true(now > last);
				last = now;
			}
		}
		assert_true(llabs(error_at(&c, &h, tsc)) < 1000);
	}
}

/* Idle far beyond the span: the correction ends with the span and does not run on. */
static void test_idle(void **state)
{
	struct host h = { 2000000000, 2000400000, 0, SEC };
	struct clockadj c = { 0 };
	struct mvm_time t = sample(&h, 1);
	uint64_t tsc = 1;

	(void)state;
	assert_true(clockadj_update(&c, &t, tsc));
	for (int i = 0; i < 5; i++) {
		tsc += 100 * h.hz;
		t = sample(&h, tsc);
		assert_true(clockadj_update(&c, &t, tsc));
	}
	tsc += 100 * h.hz;
	assert_true(llabs(error_at(&c, &h, tsc)) < 2000);
}

/* The host's clock runs away: forward we step, backward we only slow down. */
static void test_steps(void **state)
{
	struct host h = { 1000000000, 1000000000, 0, 100 * SEC };
	struct clockadj c = { 0 };
	struct mvm_time t = sample(&h, 1);
	uint64_t tsc = 1 + SEC, last;

	(void)state;
	assert_true(clockadj_update(&c, &t, 1));
	h.mono0 += 10 * SEC;
	t = sample(&h, tsc);
	assert_true(clockadj_update(&c, &t, tsc));
	assert_true(llabs(error_at(&c, &h, tsc)) <= 2);

	h.mono0 -= 10 * SEC;
	last = clockadj_mono(&c, tsc);
	for (int i = 0; i < 200; i++, tsc += SEC) {
		t = sample(&h, tsc);
		assert_true(clockadj_update(&c, &t, tsc));
		assert_true(clockadj_mono(&c, tsc) >= last);
		last = clockadj_mono(&c, tsc);
		/* At least 7/8 of the true speed. */
		assert_true(clockadj_mono(&c, tsc + SEC) - last >= SEC * 7 / 8 - 2);
	}
	assert_true(llabs(error_at(&c, &h, tsc)) < 1000);
}

static void test_nonsense(void **state)
{
	struct clockadj c = { 0 }, was;
	struct mvm_time good = { .tsc_base = 5, .mono_ns = 7, .mult = 1U << 31, .shift = 31 };
	struct mvm_time bad;

	(void)state;
	assert_true(clockadj_update(&c, &good, 5));
	was = c;
	bad = good;
	bad.mult = 0;
	assert_false(clockadj_update(&c, &bad, 6));
	bad = good;
	bad.shift = 64;
	assert_false(clockadj_update(&c, &bad, 6));
	assert_memory_equal(&c, &was, sizeof(c));
	/* A TSC from before the base: time stands still. */
	assert_int_equal(clockadj_mono(&c, 1), 7);
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint64_t tsc = was.now.tsc_base + (uint64_t)rand();

		bad = (struct mvm_time){ tsc, (uint64_t)rand() << (rand() % 34), 0, 0,
					 (uint32_t)rand(), (uint32_t)(rand() % 64) };
		clockadj_update(&c, &bad, tsc);
		assert_true(clockadj_mono(&c, tsc) >= 7);
	}
}

/* What the vDSO reads agrees with the runtime, and refuses where it must. */
static void test_vvar(void **state)
{
	struct vvar v = { .seq = 2, .mult = 1, .shift = 0, .mono_ns = 1000, .real_off = 3,
			  .boot_off = 4 };
	uint64_t mono, real_off, boot_off, now;

	(void)state;
	assert_false(vvar_read(&v, &mono, &real_off, &boot_off));
	v.tsc_base = tsc_read();
	v.span = INT64_MAX;
	assert_true(vvar_read(&v, &mono, &real_off, &boot_off));
	now = tsc_read();
	assert_in_range(mono, 1000, 1000 + now - v.tsc_base);
	assert_int_equal(real_off, 3);
	assert_int_equal(boot_off, 4);
	v.tsc_base = now + (1ULL << 40);
	assert_false(vvar_read(&v, &mono, &real_off, &boot_off));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_slew),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_vvar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
