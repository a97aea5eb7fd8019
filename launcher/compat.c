/* SPDX-License-Identifier: MIT */
/*
 * What Debian's libseccomp.a needs and musl does not have.
 *
 * The library is built for glibc with _FORTIFY_SOURCE, which replaces fprintf by
 * __fprintf_chk.  Only its exporter of filters as text calls it, but the linker wants it.
 */
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *stream, int flag, const char *format, ...);

/**
 * __fprintf_chk - fprintf as glibc's fortified headers call it
 * @stream: where to
 * @flag: how much to check; ignored, musl has no checks to offer
 * @format: as fprintf(3)
 *
 * Returns what fprintf returns.  (LSB core specification, libc interfaces.)
 */
int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, format);
	n = vfprintf(stream, format, ap);
	va_end(ap);
	return n;
}
