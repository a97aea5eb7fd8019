/* SPDX-License-Identifier: MIT */
/*
 * The launcher's heap: malloc nearly without free.
 *
 * A launcher allocates a few small things while it starts, and then never again; its memory ends
 * with the VM.  The C library's allocator would ask the kernel for pages thirty times on the way
 * (0.2 ms of a start that takes one).  Blocks come from a static area, of which only what is used
 * is ever touched.
 *
 * libseccomp is another matter: over a thousand blocks while it compiles a filter, of which most
 * are small and soon freed.  It has an area of its own, in which such blocks are used again, for
 * what a page costs is more than all that is done in it.
 *
 * Thread safe, as malloc(3) must be.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "populate.h"

#define PAGE		4096UL
#define ALIGNMENT	16UL
#define ARENA_BYTES	(4UL << 20)
#define SIZE_LIMIT	(ARENA_BYTES - ALIGNMENT)	/* of a block without its header */
#define CLASSES		16	/* of small blocks that are used again, by their size */

/* In front of every block, for realloc. */
struct header {
	size_t size;
	struct header *next;		/* while it is free; then itself, as it is not new */
};

_Static_assert(sizeof(struct header) == ALIGNMENT, "blocks stay aligned");

struct area {
	uint8_t *bytes;
	size_t used;
};

/* What stays, and what a thread needs for a while: arena_passing(). */
static _Alignas(PAGE) uint8_t lasting_bytes[ARENA_BYTES], passing_bytes[ARENA_BYTES];
static struct area lasting = { .bytes = lasting_bytes }, passing = { .bytes = passing_bytes };
static _Thread_local struct area *own;
static size_t present;			/* of passing, at least */
static struct header *freed[CLASSES];	/* in passing */

static struct area *area(void)
{
	return own ? own : &lasting;
}

static struct header *header_of(void *p)
{
	return (struct header *)p - 1;
}

/* With its header. */
static size_t room_for(size_t size)
{
	return sizeof(struct header) + ((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
}

/* Blocks of one class are equally large. */
static size_t class_of(size_t size)
{
	return room_for(size) / ALIGNMENT;
}

/* A block that is free, NULL: there is none. */
static struct header *take_freed(size_t size)
{
	size_t class = class_of(size);
	struct header *h;

	if (!IS_ENABLED(CONFIG_LIBSECCOMP) || !own || class >= CLASSES || !freed[class])
		return NULL;
	h = freed[class];
	freed[class] = h->next;
	h->next = h;
	return h;
}

static struct header *allocate(size_t size)
{
	size_t need = room_for(size), at;
	struct area *a = area();
	struct header *h;

	if (size > SIZE_LIMIT)
		goto full;
	h = take_freed(size);
	if (!h) {
		at = __atomic_fetch_add(&a->used, need, __ATOMIC_RELAXED);
		if (at > ARENA_BYTES - need) {
			__atomic_fetch_sub(&a->used, need, __ATOMIC_RELAXED);
			goto full;
		}
		h = (struct header *)(a->bytes + at);
	}
	h->size = size;
	return h;
full:
	errno = ENOMEM;
	return NULL;
}

/* ISO C11 7.22.3.  NULL with ENOMEM when the area is used up. */
void *malloc(size_t size)
{
	struct header *h = allocate(size);

	return h ? h + 1 : NULL;
}

/* Areas are zero from the start. */
void *calloc(size_t n, size_t size)
{
	struct header *h;
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	h = allocate(bytes);
	if (h && h->next)
		memset(h + 1, 0, bytes);
	return h ? h + 1 : NULL;
}

/* Does the block reach to the end of what is used, and can it go on there? */
static bool extend(struct area *a, struct header *h, size_t size)
{
	size_t end = (size_t)((uint8_t *)h - a->bytes) + room_for(h->size);
	size_t more = room_for(size) - room_for(h->size);

	if (size > SIZE_LIMIT || end > ARENA_BYTES - more ||
	    !__atomic_compare_exchange_n(&a->used, &end, end + more, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return false;
	h->size = size;
	return true;
}

void *realloc(void *p, size_t size)
{
	void *q;

	if (p && (size <= header_of(p)->size || extend(area(), header_of(p), size)))
		return p;
	q = malloc(size);
	if (p && q) {
		memcpy(q, p, header_of(p)->size);
		free(p);
	}
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
	memset(freed, 0, sizeof(freed));
	own = NULL;
}

/* Nothing of what lasts; of what passes, where it will be found again. */
void free(void *p)
{
	struct header *h;

	if (!IS_ENABLED(CONFIG_LIBSECCOMP) || !p || own != &passing ||
	    (size_t)((uint8_t *)p - passing.bytes) >= ARENA_BYTES)
		return;
	h = header_of(p);
	if (class_of(h->size) >= CLASSES)
		return;
	h->next = freed[class_of(h->size)];
	freed[class_of(h->size)] = h;
}
