/* SPDX-License-Identifier: MIT */
/* What the launcher's heap has besides malloc(3): see arena.c. */
#ifndef MVM_ARENA_H
#define MVM_ARENA_H

#include <stddef.h>

/*
 * For what is done again and again: arena_release() gives back all that was allocated since
 * arena_mark().  While there is one thread, and nobody needs any of it.
 */
size_t arena_mark(void);
void arena_release(size_t mark);
/*
 * So many bytes will be allocated soon: makes the memory present with one call instead of a fault
 * for each page.
 */
void arena_expect(size_t bytes);

#endif
