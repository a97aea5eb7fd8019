/* SPDX-License-Identifier: MIT */
/*
 * What mvm serve believes of its workers, and how it counts: records, histograms, percentiles, the
 * text of the metrics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "serve/hist.h"
#include "serve/metrics.h"
#include "serve/record.h"

static bool check(uint16_t type, enum worker_state state)
{
	struct record r = { .type = type };

	return record_check(&r, sizeof(r), state);
}

static void a_record_comes_in_its_state(void **state)
{
	static const struct { uint16_t type; enum worker_state in; } good[] = {
		{ RECORD_READY, WORKER_STARTING }, { RECORD_BEGIN, WORKER_IDLE },
		{ RECORD_END, WORKER_BUSY }, { RECORD_MEMORY, WORKER_IDLE },
		{ RECORD_MEMORY, WORKER_BUSY },
	};

	(void)state;
	for (uint16_t type = 0; type < RECORD_TYPES + 3; type++)
		for (enum worker_state in = WORKER_NONE; in <= WORKER_BUSY; in++) {
			bool wanted = false;

			for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
				wanted |= good[i].type == type && good[i].in == in;
			assert_int_equal(check(type, in), wanted);
		}
}

static void a_record_has_its_length(void **state)
{
	struct record r = { .type = RECORD_BEGIN };

	(void)state;
	assert_true(record_check(&r, sizeof(r), WORKER_IDLE));
	assert_false(record_check(&r, sizeof(r) - 1, WORKER_IDLE));
	assert_false(record_check(&r, sizeof(r) + 1, WORKER_IDLE));
	assert_false(record_check(&r, 1, WORKER_IDLE));
}

/* A crash is the supervisor's to say; the numbers index its tables. */
static void an_end_is_one_of_those_there_are(void **state)
{
	(void)state;
	for (unsigned int by = 0; by < 300; by++) {
		struct record r = { .type = RECORD_END, .by = (uint16_t)by };

		assert_int_equal(record_check(&r, sizeof(r), WORKER_BUSY), by < BY_CRASH);
	}
	for (unsigned int signo = 0; signo < 256; signo++) {
		struct record r = { .type = RECORD_END, .signo = (uint8_t)signo };

		assert_int_equal(record_check(&r, sizeof(r), WORKER_BUSY), signo <= 64);
	}
}

static void no_sum_overflows(void **state)
{
	struct record r;

	(void)state;
	memset(&r, 0xff, sizeof(r));
	r.type = RECORD_END;
	r.by = BY_EXIT;
	r.signo = 0;
	assert_true(record_check(&r, sizeof(r), WORKER_BUSY));
	assert_true(r.start_ns <= RECORD_NS_MAX && r.run_ns <= RECORD_NS_MAX &&
		    r.reset_ns <= RECORD_NS_MAX);
	assert_true(r.in <= 1ULL << 56 && r.out <= 1ULL << 56 && r.pages <= 1ULL << 56 &&
		    r.private_bytes <= 1ULL << 56);
}

static void every_ending_has_a_name(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < BY_TYPES; a++)
		for (unsigned int b = 0; b < a; b++)
			assert_string_not_equal(ended_name(a), ended_name(b));
	assert_string_equal(ended_name(BY_TYPES), "unknown");
}

static void a_value_is_in_the_bucket_above_it(void **state)
{
	struct hist h = { .all = 0 };

	(void)state;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		assert_true(!i || hist_bounds[i] > hist_bounds[i - 1]);
		hist_add(&h, hist_bounds[i]);
		assert_int_equal(h.count[i], 1);
	}
	hist_add(&h, hist_bounds[0] + 1);
	assert_int_equal(h.count[1], 2);
	hist_add(&h, hist_bounds[HIST_BUCKETS - 1] + 1);
	assert_int_equal(h.all, HIST_BUCKETS + 2);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void values_are_sorted(void **state)
{
	uint64_t v[500], w[500];
	uint32_t x = 1;

	(void)state;
	for (size_t n = 0; n <= 500; n += n < 20 ? 1 : 97) {
		for (size_t i = 0; i < n; i++) {
			x = x * 1103515245 + 12345;
			v[i] = w[i] = x >> 16 & (n % 2 ? 7 : 0xffff);
		}
		sort_values(v, n);
		qsort(w, n, sizeof(w[0]), compare);
		assert_memory_equal(v, w, n * sizeof(v[0]));
	}
}

static void a_percentile_is_a_value_of_its_rank(void **state)
{
	uint64_t v[1000];

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		v[i] = i + 1;
	assert_int_equal(percentile(v, 1000, 500), 500);
	assert_int_equal(percentile(v, 1000, 990), 990);
	assert_int_equal(percentile(v, 1000, 1000), 1000);
	assert_int_equal(percentile(v, 1000, 0), 1);
	assert_int_equal(percentile(v, 1, 990), 1);
	assert_int_equal(percentile(v, 2, 500), 1);
	assert_int_equal(percentile(v, 3, 500), 2);
}

/* The longest that there can be, and every line of it in form. */
static void the_text_fits(void **state)
{
	static struct supervisor s;
	char *buf = malloc(METRICS_MAX + 1);
	size_t len;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	s.plan.serve.concurrency = UINT32_MAX;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		s.counters.start.count[i] = s.counters.run.count[i] = UINT64_MAX / HIST_BUCKETS;
	len = metrics_text(&s, UINT32_MAX, UINT64_MAX, buf);
	assert_true(len > 4096 && len < METRICS_MAX - 1024);
	buf[len] = '\0';
	assert_non_null(strstr(buf, "mvm_serve_reset_seconds_count 18446744073709551615\n"));
	for (char *line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(!strncmp(line, "# HELP mvm_serve_", 17) ||
			    !strncmp(line, "# TYPE mvm_serve_", 17) ||
			    (!strncmp(line, "mvm_serve_", 10) && strrchr(line, ' ')));
	free(buf);
}

static void buckets_are_sums(void **state)
{
	static struct supervisor s;
	char *buf = malloc(METRICS_MAX);
	size_t len;

	(void)state;
	hist_add(&s.counters.run, 5000);
	hist_add(&s.counters.run, 15000);
	hist_add(&s.counters.run, 1500000000);
	len = metrics_text(&s, 0, 0, buf);
	buf[len] = '\0';
	assert_non_null(strstr(buf, "run_seconds_bucket{le=\"0.000010000\"} 1\n"));
	assert_non_null(strstr(buf, "run_seconds_bucket{le=\"0.000020000\"} 2\n"));
	assert_non_null(strstr(buf, "run_seconds_bucket{le=\"1.000000000\"} 2\n"));
	assert_non_null(strstr(buf, "run_seconds_bucket{le=\"2.000000000\"} 3\n"));
	assert_non_null(strstr(buf, "run_seconds_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(buf, "run_seconds_sum 1.500020000\n"));
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_in_its_state),
		cmocka_unit_test(a_record_has_its_length),
		cmocka_unit_test(an_end_is_one_of_those_there_are),
		cmocka_unit_test(no_sum_overflows),
		cmocka_unit_test(every_ending_has_a_name),
		cmocka_unit_test(a_value_is_in_the_bucket_above_it),
		cmocka_unit_test(values_are_sorted),
		cmocka_unit_test(a_percentile_is_a_value_of_its_rank),
		cmocka_unit_test(the_text_fits),
		cmocka_unit_test(buckets_are_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
