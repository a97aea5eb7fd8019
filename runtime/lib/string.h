/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions with the C library's names and contracts (ISO C11 7.24; strnlen,
 * strlcpy, memrchr as in the BSDs).  gcc calls the first four by itself.  The macros let the
 * compiler expand small constant sizes in place, which -ffreestanding alone would forbid.  In a
 * hosted build (unit tests) the C library's own are used.
 */
#ifndef MVM_RT_STRING_H
#define MVM_RT_STRING_H

#include <stddef.h>

#if __STDC_HOSTED__ && !defined(MVM_RT_STRING_TEST)
#pragma GCC visibility push(default)	/* rt.h hides everything declared after it */
#include <string.h>
#pragma GCC visibility pop
#else

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
void *memrchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

#ifndef MVM_RT_STRING_C
#define memcpy(d, s, n)		__builtin_memcpy(d, s, n)
#define memmove(d, s, n)	__builtin_memmove(d, s, n)
#define memset(d, c, n)		__builtin_memset(d, c, n)
#define memcmp(a, b, n)		__builtin_memcmp(a, b, n)
#define strlen(s)		__builtin_strlen(s)
#define strcmp(a, b)		__builtin_strcmp(a, b)
#endif

#endif /* freestanding */

/*
 * Copies src into dst of size bytes, always NUL-terminated when size is not 0.  Returns the
 * length of src: a result >= size says that the copy was cut short.
 */
size_t str_copy(char *dst, const char *src, size_t size);

#endif
