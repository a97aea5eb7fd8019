/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions without SSE (the runtime must not touch the application's vector
 * registers).  Sizes up to 64 bytes, the common ones, go by overlapping words; beyond that the
 * processor's own string instructions are best.  Compiled with
 * -fno-tree-loop-distribute-patterns, lest gcc turns memset into a call of memset.
 */
#define MVM_RT_STRING_C
#include "lib/string.h"

#include <stdint.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) word;
typedef uint32_t __attribute__((may_alias, aligned(1))) half;
typedef uint16_t __attribute__((may_alias, aligned(1))) quarter;

#define SMALL_MAX	64

/*
 * Both directions at once: everything is loaded before anything is stored, so that it serves
 * memmove as well.
 */
static inline void move_upto16(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n >= 8) {
		uint64_t a = *(const word *)s, b = *(const word *)(s + n - 8);

		*(word *)d = a;
		*(word *)(d + n - 8) = b;
	} else if (n >= 4) {
		uint32_t a = *(const half *)s, b = *(const half *)(s + n - 4);

		*(half *)d = a;
		*(half *)(d + n - 4) = b;
	} else if (n >= 2) {
		uint16_t a = *(const quarter *)s, b = *(const quarter *)(s + n - 2);

		*(quarter *)d = a;
		*(quarter *)(d + n - 2) = b;
	} else if (n) {
		*d = *s;
	}
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;
	uint64_t tail;

	if (n <= 16) {
		move_upto16(d, s, n);
		return dst;
	}
	if (n > SMALL_MAX) {
		void *to = dst;

		__asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(n) : : "memory");
		return dst;
	}
	tail = *(const word *)(s + n - 8);
	for (size_t i = 0; i < n - 8; i += 8)
		*(word *)(d + i) = *(const word *)(s + i);
	*(word *)(d + n - 8) = tail;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (n <= 16) {
		move_upto16(d, s, n);
		return dst;
	}
	if (n <= 32) {
		uint64_t a = *(const word *)s, b = *(const word *)(s + 8);
		uint64_t y = *(const word *)(s + n - 16), z = *(const word *)(s + n - 8);

		*(word *)d = a;
		*(word *)(d + 8) = b;
		*(word *)(d + n - 16) = y;
		*(word *)(d + n - 8) = z;
		return dst;
	}
	if ((uintptr_t)d - (uintptr_t)s >= n) {
		/* A forward copy never overtakes itself. */
		__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
		return dst;
	}
	/* std; rep movsb is very slow everywhere: words, from the end. */
	while (n >= 8) {
		n -= 8;
		*(word *)(d + n) = *(const word *)(s + n);
	}
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	unsigned char *d = dst;
	uint64_t v = 0x0101010101010101ULL * (unsigned char)c;

	if (n < 8) {
		while (n--)
			*d++ = (unsigned char)c;
		return dst;
	}
	if (n > SMALL_MAX) {
		__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
		return dst;
	}
	for (size_t i = 0; i < n - 8; i += 8)
		*(word *)(d + i) = v;
	*(word *)(d + n - 8) = v;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	while (n >= 8 && *(const word *)x == *(const word *)y) {
		x += 8;
		y += 8;
		n -= 8;
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

void *memrchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	while (n--)
		if (p[n] == (unsigned char)c)
			return (void *)(p + n);
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; a++, b++, n--)
		;
	return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (!*s)
			return (char *)last;
	}
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; *s; s++)
		if (!strncmp(s, what, n))
			return (char *)s;
	return n ? NULL : (char *)s;
}

size_t str_copy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}
