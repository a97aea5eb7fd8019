/* SPDX-License-Identifier: MIT */
/* Values of options: what is a number, a size, a duration, a path, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "value.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct good {
	const char *text;
	uint64_t value;
};

typedef const char *(*parser)(const char *, uint64_t *);

static void all_good(parser parse, const struct good *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = ~cases[i].value;
		const char *why = parse(cases[i].text, &v);

		if (why || v != cases[i].value)
			fail_msg("'%s': %s, %llu", cases[i].text, why ? why : "accepted",
				 (unsigned long long)v);
	}
}

static void all_bad(parser parse, const char *const *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = 4711;

		if (!parse(cases[i], &v))
			fail_msg("'%s' was accepted as %llu", cases[i], (unsigned long long)v);
		assert_int_equal(v, 4711);
	}
}

static void numbers(void **state)
{
	static const struct good good[] = {
		{ "0", 0 }, { "7", 7 }, { "007", 7 }, { "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", " ", "-1", "+1", "1 ", " 1", "0x10", "1e3", "1.0", "18446744073709551616",
		"99999999999999999999999999", "one", "1\n",
	};

	(void)state;
	all_good(value_number, good, COUNT(good));
	all_bad(value_number, bad, COUNT(bad));
}

static void sizes(void **state)
{
	static const struct good good[] = {
		{ "0", 0 }, { "1", 1 }, { "1K", 1024 }, { "64M", 64 << 20 }, { "64m", 64 << 20 },
		{ "1G", 1 << 30 }, { "2T", 2ULL << 40 }, { "16777215T", 16777215ULL << 40 },
		{ "18014398509481983K", 18014398509481983ULL << 10 },
	};
	static const char *const bad[] = {
		"", "M", "-1M", "+1M", " 1M", "1 M", "1MB", "1MiB", "1P", "1.5G", "16777216T",
		"18014398509481984K", "99999999999999999999", "0x1M", "1K1", "1\xcb", "1\x0b",
	};

	(void)state;
	all_good(value_size, good, COUNT(good));
	all_bad(value_size, bad, COUNT(bad));
}

static void durations(void **state)
{
	static const struct good good[] = {
		{ "5", 5000000000 }, { "2s", 2000000000 }, { "500ms", 500000000 },
		{ "20us", 20000 }, { "1m", 60000000000 }, { "1h", 3600000000000 },
		{ "0.5", 500000000 }, { "1.5s", 1500000000 }, { "0.000000001", 1 },
		{ "0.5ms", 500000 }, { "2.999999999h", 10799999996400 }, { "0", 0 },
	};
	static const char *const bad[] = {
		"", "s", "-1s", "+1s", "1 s", "1sec", "1.", ".5", "1.5.5", "1S", "1d", "1ns",
		"0.0000000001", "1.s", "18446744074", "18446744073.9", "5124096h", "1e9",
	};

	(void)state;
	all_good(value_duration, good, COUNT(good));
	all_bad(value_duration, bad, COUNT(bad));
}

static void guest_paths(void **state)
{
	static const struct {
		const char *text, *path;	/* NULL: refused */
	} cases[] = {
		{ "/", "/" }, { "//", "/" }, { "/.", "/" }, { "/data", "/data" },
		{ "/data/", "/data" },
		{ "//a///b//", "/a/b" }, { "/a/./b/.", "/a/b" }, { "/...", "/..." },
		{ "/..a/b..", "/..a/b.." }, { "/.a", "/.a" },
		{ "", NULL }, { "data", NULL }, { "./data", NULL }, { "/..", NULL },
		{ "/a/../b", NULL }, { "/a/..", NULL },
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* on the heap, so that ASan sees a byte read or written beyond it */
		text = strdup(cases[i].text);
		if (cases[i].path) {
			assert_null(value_guest_path(text));
			assert_string_equal(text, cases[i].path);
		} else {
			assert_non_null(value_guest_path(text));
		}
		free(text);
	}
	text = malloc(5000);
	for (int i = 0; i < 4096; i++)
		text[i] = i % 100 ? 'x' : '/';
	text[4096] = '\0';
	assert_non_null(value_guest_path(text));
	text[4095] = '\0';
	assert_null(value_guest_path(text));
	for (int i = 1; i < 300; i++)
		text[i] = 'x';
	text[300] = '\0';
	assert_non_null(value_guest_path(text));
	text[256] = '\0';
	assert_null(value_guest_path(text));
	free(text);
}

static void names(void **state)
{
	static const char *const bad_devices[] = {
		"", ".", ".x", "a/b", "a b", "a:b", "a\n", "\xc3\xa9",
		"123456789012345678901234567890123",
	};
	static const char *const bad_hosts[] = {
		"", "-a", ".a", "a_b", "a b", "a/b",
		"12345678901234567890123456789012345678901234567890123456789012345",
	};

	(void)state;
	assert_null(value_device_name("disk0"));
	assert_null(value_device_name("a-b_c.D9"));
	assert_null(value_device_name("12345678901234567890123456789012"));
	for (size_t i = 0; i < COUNT(bad_devices); i++)
		assert_non_null(value_device_name(bad_devices[i]));
	assert_null(value_hostname("mvm"));
	assert_null(value_hostname("a-1.example"));
	for (size_t i = 0; i < COUNT(bad_hosts); i++)
		assert_non_null(value_hostname(bad_hosts[i]));
}

static void splitting(void **state)
{
	static const struct {
		const char *text;
		int n;
		const char *part[3];
	} cases[] = {
		{ "", 1, { "" } },
		{ "a", 1, { "a" } },
		{ "a:b", 2, { "a", "b" } },
		{ "a:b:ro", 3, { "a", "b", "ro" } },
		{ ":", 2, { "", "" } },
		{ "a\\:b:c", 2, { "a:b", "c" } },
		{ "a\\\\:b", 2, { "a\\", "b" } },
		{ "a\\b:c\\", 2, { "a\\b", "c\\" } },
		{ "a:b:c:d", 4, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = strdup(cases[i].text), *part[3];
		int n = value_split(text, part, 3);

		assert_int_equal(n, cases[i].n);
		for (int k = 0; k < n && n <= 3; k++)
			assert_string_equal(part[k], cases[i].part[k]);
		free(text);
	}
}

static void distances(void **state)
{
	char longer[64];

	(void)state;
	assert_int_equal(value_distance("", ""), 0);
	assert_int_equal(value_distance("mem", "mem"), 0);
	assert_int_equal(value_distance("mme", "mem"), 1);
	assert_int_equal(value_distance("me", "mem"), 1);
	assert_int_equal(value_distance("memx", "mem"), 1);
	assert_int_equal(value_distance("nem", "mem"), 1);
	assert_int_equal(value_distance("dri", "dir"), 1);
	assert_int_equal(value_distance("", "abc"), 3);
	assert_int_equal(value_distance("kitten", "sitting"), 3);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_true(value_distance(longer, "mem") >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(sizes), cmocka_unit_test(durations),
		cmocka_unit_test(guest_paths), cmocka_unit_test(names),
		cmocka_unit_test(splitting), cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
