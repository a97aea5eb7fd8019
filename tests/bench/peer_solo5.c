/* SPDX-License-Identifier: MIT */
/*
 * A guest of Solo5 for make bench-peers, compiled with the toolchain of the tree that SOLO5 names.
 * It prints a line; "wait" as its argument: then it sleeps a minute; "out": then it prints
 * nanoseconds for a request that asks nothing of its tender, a console write of no bytes.
 */
#include <solo5.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT	20000

static void print(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	solo5_console_write(s, n);
}

static void print_number(uint64_t n)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n);
	print(p);
}

/* Whether the command line has a word that begins with C. */
static int asked(const char *line, char c)
{
	char before = ' ';

	for (; *line; before = *line++)
		if (*line == c && before == ' ')
			return 1;
	return 0;
}

int solo5_app_main(const struct solo5_start_info *si)
{
	solo5_time_t start;

	print("Hello\n");
	if (asked(si->cmdline, 'w')) {
		solo5_handle_set_t ready;

		solo5_yield(solo5_clock_monotonic() + 60 * 1000000000ull, &ready);
	}
	if (asked(si->cmdline, 'o')) {
		start = solo5_clock_monotonic();
		for (int i = 0; i < COUNT; i++)
			solo5_console_write("", 0);
		print("out ");
		print_number((solo5_clock_monotonic() - start) / COUNT);
		print("\n");
	}
	return SOLO5_EXIT_SUCCESS;
}
