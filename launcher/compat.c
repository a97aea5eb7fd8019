/* SPDX-License-Identifier: MIT */
/*
 * What Debian's libsodium.a needs and musl does not have.
 *
 * It is built for glibc with _FORTIFY_SOURCE, which replaces explicit_bzero by
 * __explicit_bzero_chk.
 */
#include <string.h>

void __explicit_bzero_chk(void *to, size_t len, size_t room);

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
