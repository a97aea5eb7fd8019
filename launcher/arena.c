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

struct area {
	_Alignas(PAGE) uint8_t bytes[ARENA_BYTES];
	size_t used;
};

/* What stays, and what a thread needs for a while: arena_passing(). */
static struct area lasting, passing;
static _Thread_local struct area *own;
static size_t present;			/* of passing, at least */

static struct area *area(void)
{
	return own ? own : &lasting;
}

static struct header *header_of(void *p)
{
	return (struct header *)p - 1;
}

/* ISO C11 7.22.3.  NULL with ENOMEM when the area is used up. */
void *malloc(size_t size)
{
	struct area *a = area();
	size_t need, at;
	struct header *h;

	if (size > ARENA_BYTES)
		goto full;
	need = sizeof(*h) + ((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
	at = __atomic_fetch_add(&a->used, need, __ATOMIC_RELAXED);
	if (at > ARENA_BYTES - need) {
		__atomic_fetch_sub(&a->used, need, __ATOMIC_RELAXED);
		goto full;
	}
	h = (struct header *)(a->bytes + at);
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
	return lasting.used;
}

void arena_release(size_t mark)
{
	memset(lasting.bytes + mark, 0, lasting.used - mark);
	lasting.used = mark;
}

void arena_passing(size_t bytes)
{
	own = &passing;
	present = bytes < ARENA_BYTES ? (bytes + PAGE - 1) & -PAGE : 0;
	if (present)
		madvise(passing.bytes, present, MADV_POPULATE_WRITE);
}

void arena_passed(void)
{
	size_t bytes = present > passing.used ? present : passing.used;

	madvise(passing.bytes, bytes, MADV_DONTNEED);
	passing.used = 0;
	own = NULL;
}

void free(void *p)
{
	(void)p;
}
