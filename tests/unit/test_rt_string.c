/* SPDX-License-Identifier: MIT */
/*
 * runtime/lib/string.c against the host's C library: every size and alignment around the
 * boundaries where the implementation changes its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The runtime's functions under names of their own. */
#define memcpy		rt_memcpy
#define memmove		rt_memmove
#define memset		rt_memset
#define memcmp		rt_memcmp
#define memchr		rt_memchr
#define memrchr		rt_memrchr
#define strlen		rt_strlen
#define strnlen		rt_strnlen
#define strcmp		rt_strcmp
#define strncmp		rt_strncmp
#define strchr		rt_strchr
#define strrchr		rt_strrchr
#define strstr		rt_strstr
#define MVM_RT_STRING_TEST
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef memrchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

#define MAX	300

static unsigned char a[2 * MAX], b[2 * MAX], c[2 * MAX];

static void fill(unsigned int seed)
{
	srand(seed);
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = c[i] = (unsigned char)rand();
}

static void test_copy(void **state)
{
	(void)state;
	for (size_t n = 0; n < MAX - 16; n++) {
		for (size_t d = 0; d < 9; d++) {
			fill((unsigned int)(n * 9 + d));
			assert_ptr_equal(rt_memcpy(a + d, c + 3, n), a + d);
			memcpy(b + d, c + 3, n);
			assert_memory_equal(a, b, sizeof(a));
			rt_memset(a + d, (int)n, n);
			memset(b + d, (int)n, n);
			assert_memory_equal(a, b, sizeof(a));
		}
	}
}

static void test_move(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n++) {
		for (int shift = -20; shift <= 20; shift++) {
			fill((unsigned int)n);
			rt_memmove(a + 50 + shift, a + 50, n);
			memmove(b + 50 + shift, b + 50, n);
			assert_memory_equal(a, b, sizeof(a));
		}
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_compare(void **state)
{
	(void)state;
	for (size_t n = 1; n < 40; n++) {
		for (size_t at = 0; at < n; at++) {
			fill((unsigned int)n);
			assert_int_equal(rt_memcmp(a, b, n), 0);
			a[at] = (unsigned char)(b[at] + 1);
			assert_int_equal(sign(rt_memcmp(a, b, n)), sign(memcmp(a, b, n)));
			assert_int_equal(rt_memcmp(a, b, at), 0);
			assert_ptr_equal(rt_memchr(a, a[at], n), memchr(a, a[at], n));
			assert_ptr_equal(rt_memrchr(a, a[at], n), memrchr(a, a[at], n));
		}
	}
}

static void test_strings(void **state)
{
	static const char *const text[] = { "", "a", "ab", "abc", "abd", "b", "\xff", "aXbX", "X" };
	char buf[4];

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		const char *s = text[i];

		assert_int_equal(rt_strlen(s), strlen(s));
		assert_int_equal(rt_strnlen(s, 2), strnlen(s, 2));
		assert_ptr_equal(rt_strchr(s, 'X'), strchr(s, 'X'));
		assert_ptr_equal(rt_strchr(s, 0), strchr(s, 0));
		assert_ptr_equal(rt_strrchr(s, 'X'), strrchr(s, 'X'));
		for (size_t j = 0; j < sizeof(text) / sizeof(text[0]); j++) {
			const char *t = text[j];

			assert_int_equal(sign(rt_strcmp(s, t)), sign(strcmp(s, t)));
			assert_int_equal(sign(rt_strncmp(s, t, 2)), sign(strncmp(s, t, 2)));
			assert_ptr_equal(rt_strstr(s, t), strstr(s, t));
		}
	}
	assert_int_equal(str_copy(buf, "abc", sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(str_copy(buf, "abcdef", sizeof(buf)), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(str_copy(NULL, "abc", 0), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
