/* SPDX-License-Identifier: MIT */
/*
 * What Debian's libseccomp.a and libsodium.a need and musl does not have.
 *
 * They are built for glibc with _FORTIFY_SOURCE, which replaces fprintf by __fprintf_chk and
 * explicit_bzero by __explicit_bzero_chk.  The first is called only by libseccomp's exporter of
 * filters as text, but the linker wants it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
void __explicit_bzero_chk(void *to, size_t len, size_t room);

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

/**
 * __explicit_bzero_chk - explicit_bzero as glibc's fortified headers call it
 * @to: where the bytes to clear are
 * @len: how many
 * @room: how many there are at most; the compiler knows no more than the caller here
 *
 * (explicit_bzero(3).)
 */
void __explicit_bzero_chk(void *to, size_t len, size_t room)
{
	(void)room;
	explicit_bzero(to, len);
}
