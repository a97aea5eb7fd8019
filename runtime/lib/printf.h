/* SPDX-License-Identifier: MIT */
/*
 * Formatting for logs, /proc and panics: the part of ISO C11 7.21.6.1 that the runtime uses.
 * Conversions d i u x X o c s p %; flags - 0 + space #; width and precision, also *; lengths hh
 * h l ll z j t.  No floating point, no %n.
 */
#ifndef MVM_RT_PRINTF_H
#define MVM_RT_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes at most size bytes with the final NUL (nothing when size is 0).  Returns the length
 * that the whole text has: a result >= size says that it was cut short.
 */
int rt_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
int rt_snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
