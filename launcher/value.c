/* SPDX-License-Identifier: MIT */
/*
 * Values of options, from text.  Owns the grammar of a value, not which option takes which.
 */
#include <stdbool.h>
#include <string.h>
#include "value.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The digits at the start of *s, which is moved past them.  False on overflow or no digit. */
static bool digits(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t n = 0;

	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	*s = p;
	*out = n;
	return true;
}

static const char *why_no_digits(const char *s)
{
	return is_digit(*s) ? "is too large" : "is not a number";
}

const char *value_number(const char *s, uint64_t *out)
{
	uint64_t n;
	const char *p = s;

	if (!digits(&p, &n))
		return why_no_digits(s);
	if (*p)
		return "is not a number";
	*out = n;
	return NULL;
}

const char *value_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *p = s;
	uint64_t n;

	if (!digits(&p, &n))
		return is_digit(*s) ? "is too large" : "is not a size";
	if (*p) {
		const char *u = strchr(units, *p & ~0x20);
		unsigned int shift;

		if (!is_alnum(*p) || !u || !*u || p[1])
			return "is not a size";
		shift = 10 * (unsigned int)(u - units + 1);
		if (n > UINT64_MAX >> shift)
			return "is too large";
		n <<= shift;
	}
	*out = n;
	return NULL;
}

/* Nanoseconds in the unit, 0 when there is no such unit. */
static uint64_t unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000 }, { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
		{ "m", 60000000000 }, { "h", 3600000000000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ns;
	return 0;
}

const char *value_duration(const char *s, uint64_t *out)
{
	uint64_t whole, fraction = 0, scale = 1, unit, ns;
	const char *p = s, *start;

	if (!digits(&p, &whole))
		return is_digit(*s) ? "is too large" : "is not a duration";
	if (*p == '.') {
		start = ++p;
		if (!digits(&p, &fraction) || p - start > 9)
			return "is not a duration";
		for (; start < p; start++)
			scale *= 10;
	}
	unit = unit_ns(p);
	if (!unit)
		return "is not a duration";
	/* fraction < scale <= 10^9 and unit <= 3.6 * 10^12, so the product may need 72 bits */
	fraction = (uint64_t)((unsigned __int128)fraction * unit / scale);
	if (__builtin_mul_overflow(whole, unit, &ns) || __builtin_add_overflow(ns, fraction, &ns))
		return "is too large";
	*out = ns;
	return NULL;
}

const char *value_guest_path(char *s)
{
	char *from = s, *to = s;

	if (*s != '/')
		return "is not absolute";
	if (strlen(s) > 4095)
		return "is too long";
	while (*from) {
		char *end;
		size_t len;

		while (*from == '/')
			from++;
		end = from + strcspn(from, "/");
		len = (size_t)(end - from);
		if (len == 2 && from[0] == '.' && from[1] == '.')
			return "contains '..'";
		if (len > 255)
			return "has a name longer than 255 bytes";
		if (len && !(len == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from = end;
	}
	if (to == s)
		*to++ = '/';
	*to = '\0';
	return NULL;
}

const char *value_device_name(const char *s)
{
	size_t len = strlen(s);

	if (!len)
		return "is empty";
	if (len > 32)
		return "is longer than 32 bytes";
	if (*s == '.')
		return "begins with a dot";
	for (; *s; s++)
		if (!is_alnum(*s) && *s != '.' && *s != '_' && *s != '-')
			return "has other characters than letters, digits, '.', '_' and '-'";
	return NULL;
}

const char *value_hostname(const char *s)
{
	size_t len = strlen(s);

	if (!len)
		return "is empty";
	if (len > 64)
		return "is longer than 64 bytes";
	if (*s == '-' || *s == '.')
		return "begins with neither a letter nor a digit";
	for (; *s; s++)
		if (!is_alnum(*s) && *s != '.' && *s != '-')
			return "has other characters than letters, digits, '-' and '.'";
	return NULL;
}

int value_split(char *s, char **part, int max)
{
	char *to = s;
	int n = 1;

	part[0] = s;
	for (; *s; s++) {
		if (*s == '\\' && (s[1] == ':' || s[1] == '\\')) {
			*to++ = *++s;
		} else if (*s == ':') {
			*to++ = '\0';
			if (n == max)
				return max + 1;
			part[n++] = to;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return n;
}

/* Longer words than any option or command are not worth comparing. */
#define WORD_MAX	32

/* Optimal string alignment distance; three rows of the table are enough for swaps. */
int value_distance(const char *a, const char *b)
{
	int rows[3][WORD_MAX + 1], *before = rows[0], *prev = rows[1], *cur = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		prev[j] = (int)j;
	for (size_t i = 1; i <= la; i++) {
		int *spare;

		cur[0] = (int)i;
		for (size_t j = 1; j <= lb; j++) {
			int best = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (best > prev[j] + 1)
				best = prev[j] + 1;
			if (best > cur[j - 1] + 1)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    best > before[j - 2] + 1)
				best = before[j - 2] + 1;
			cur[j] = best;
		}
		spare = before;
		before = prev;
		prev = cur;
		cur = spare;
	}
	return prev[lb];
}
