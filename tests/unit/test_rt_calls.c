/* SPDX-License-Identifier: MIT */
/* runtime/sys/calls.h: each system call of the kernel's headers once, and in order. */
#include <asm/unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sys/table.h"

#ifndef __NR_cachestat
#define __NR_cachestat	451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2	452
#endif
#define FIRST_GAP	335	/* numbers 335..423 were never given */
#define AFTER_GAP	424

struct call {
	int nr;
	const char *name, *group;
};

#define CALL(name, group)	{ __NR_##name, #name, #group },
#define ALIAS(name, fn, group)	{ __NR_##name, #name, #group },
#define NONE(name)		{ __NR_##name, #name, NULL },
#define LACKS(name, what)
static const struct call calls[] = {
#include "sys/calls.h"
};

static void test_order(void **state)
{
	int expected = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (expected == FIRST_GAP)
			expected = AFTER_GAP;
		assert_int_equal(calls[i].nr, expected);
		expected++;
	}
	assert_int_equal(expected, SYS_TABLE_SIZE);
}

/* What a program of this issue cannot do without, and what must stay absent. */
static void test_presence(void **state)
{
	static const char *const here[] = { "read", "write", "mmap", "brk", "rt_sigaction",
					    "getpid", "exit_group", "futex", "clock_gettime",
					    "getrandom", "socket" };
	static const char *const absent[] = { "fork", "execve", "ptrace" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(here); k++)
			assert_true(strcmp(calls[i].name, here[k]) || calls[i].group);
		for (size_t k = 0; k < ARRAY_SIZE(absent); k++)
			assert_true(strcmp(calls[i].name, absent[k]) || !calls[i].group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_presence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
