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
 * What this thread allocates from arena_passing() to arena_passed() is needed no longer than that:
 * its memory goes back to the kernel then.  One thread at a time.  bytes: so many are expected, and
 * are made present with one call instead of a fault for each page.
 */
void arena_passing(size_t bytes);
void arena_passed(void);

#endif
