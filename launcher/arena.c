/* SPDX-License-Identifier: MIT */
/*
 * The launcher's heap: malloc without free.
 *
 * A launcher allocates a few hundred small things while it starts, nearly all of them inside
 * libseccomp, and then never again; its memory ends with the VM.  The C library's allocator would
 * ask the kernel for pages thirty times on the way (0.2 ms of a start that takes one).  Blocks
 * come from a static area, of which only what is used is ever touched.
 *
 * Thread safe, as malloc(3) must be.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "populate.h"

#define PAGE		4096UL
#define ALIGNMENT	16UL
#define ARENA_BYTES	(4UL << 20)

/* In front of every block, for realloc. */
struct header {
	size_t size;
	size_t pad;
};

_Static_assert(sizeof(struct header) == ALIGNMENT, "blocks stay aligned");

static _Alignas(ALIGNMENT) uint8_t arena[ARENA_BYTES];
static size_t used;

static struct header *header_of(void *p)
{
	return (struct header *)p - 1;
}

/* ISO C11 7.22.3.  NULL with ENOMEM when the area is used up. */
void *malloc(size_t size)
{
	size_t need, at;
	struct header *h;

	if (size > ARENA_BYTES)
		goto full;
	need = sizeof(*h) + ((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
	at = __atomic_fetch_add(&used, need, __ATOMIC_RELAXED);
	if (at > ARENA_BYTES - need) {
		__atomic_fetch_sub(&used, need, __ATOMIC_RELAXED);
		goto full;
	}
	h = (struct header *)(arena + at);
	h->size = size;
	return h + 1;
full:
	errno = ENOMEM;
	return NULL;
}

/* The area is zero from the start and no block is ever used twice. */
void *calloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc(bytes);
}

void *realloc(void *p, size_t size)
{
	void *q;

	if (p && size <= header_of(p)->size)
		return p;
	q = malloc(size);
	if (p && q)
		memcpy(q, p, header_of(p)->size);
	return q;
}

size_t arena_mark(void)
{
	return used;
}

void arena_release(size_t mark)
{
	memset(arena + mark, 0, used - mark);
	used = mark;
}

void arena_expect(size_t bytes)
{
	uintptr_t from = ((uintptr_t)arena + used + PAGE - 1) & -PAGE;
	uintptr_t end = (uintptr_t)arena + used + bytes;

	if (bytes <= ARENA_BYTES - used && from < end)
		madvise((void *)from, end - from, MADV_POPULATE_WRITE);
}

void free(void *p)
{
	(void)p;
}
