/* SPDX-License-Identifier: MIT */
/* runtime/lib/printf.c against the host's snprintf. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/printf.h"

/* The same format and arguments to both: equal text, equal result. */
#define SAME(...) do {							\
	char ours[128], theirs[128];					\
	int n = rt_snprintf(ours, sizeof(ours), __VA_ARGS__);		\
	int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__);		\
									\
	assert_string_equal(ours, theirs);				\
	assert_int_equal(n, m);						\
} while (0)

static void test_integers(void **state)
{
	static const long values[] = { 0, 1, -1, 9, 10, 255, -256, INT_MAX, INT_MIN, LONG_MAX,
				       LONG_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		long v = values[i];

		SAME("%d|%i|%u|%x|%X|%o", (int)v, (int)v, (unsigned int)v, (unsigned int)v,
		     (unsigned int)v, (unsigned int)v);
		SAME("%ld|%lu|%lx|%#lx|%lo|%#lo", v, (unsigned long)v, (unsigned long)v,
		     (unsigned long)v, (unsigned long)v, (unsigned long)v);
		SAME("%12ld|%-12ld|%012ld|%+ld|% ld", v, v, v, v, v);
		SAME("%.5ld|%12.5ld|%-12.5ld|%.0ld", v, v, v, v);
		SAME("%#14lx|%#014lx|%-#14lx|%.9lx", (unsigned long)v, (unsigned long)v,
		     (unsigned long)v, (unsigned long)v);
		SAME("%hhd|%hd|%hhu|%hu", (signed char)v, (short)v, (unsigned char)v,
		     (unsigned short)v);
		SAME("%lld|%zd|%jd|%td", (long long)v, (ssize_t)v, (intmax_t)v, (ptrdiff_t)v);
	}
}

static void test_text(void **state)
{
	char unterminated[3] = { 'x', 'y', 'z' };

	(void)state;
	SAME("%s|%10s|%-10s|%.2s|%5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.3s", unterminated);
	SAME("%c|%5c|%-5c|", 'x', 'y', 'z');
	SAME("%%|%5d%%", 7);
	SAME("%*d|%-*d|%*d|%.*s", 6, 42, 6, 42, -6, 42, 2, "abc");
	SAME("%p", (void *)0x1234);
}

static void test_size(void **state)
{
	char buf[8] = "#######";

	(void)state;
	assert_int_equal(rt_snprintf(buf, 0, "abc"), 3);
	assert_int_equal(buf[0], '#');
	assert_int_equal(rt_snprintf(buf, 1, "abc"), 3);
	assert_string_equal(buf, "");
	assert_int_equal(rt_snprintf(buf, 4, "%d", 12345), 5);
	assert_string_equal(buf, "123");
	assert_int_equal(buf[4], '#');
	assert_int_equal(rt_snprintf(buf, sizeof(buf), "%s", "1234567"), 7);
	assert_string_equal(buf, "1234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
