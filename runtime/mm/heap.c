/* SPDX-License-Identifier: MIT */
/*
 * The runtime's heap: size classes cut from single pages, whole pages above.  Nothing else of
 * mm/ but page allocation is behind it.
 *
 * A page of small objects starts with its header, so an object never lies at the start of a
 * page; a large allocation lies 16 bytes into its first page, where no small object can be.
 */
#include "mm/frames.h"
#include "mm/mm.h"

#define SLAB_MAGIC	0x51ab51abU
#define HEADER_SIZE	64U		/* of a page of small objects */
#define SMALL_MAX	2016U
#define LARGE_HEADER	16U

/* Sizes that divide what a header leaves of a page without much rest; multiples of 16. */
static const u16 class_size[] = {
	16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 496, 576, 672, 800,
	1008, 1344, 2016,
};

#define NR_CLASSES ARRAY_SIZE(class_size)

struct slab {
	u32 magic;
	u16 class;
	u16 nused;
	void *free;			/* objects given back, linked through their first word */
	char *fresh;			/* objects never handed out start here */
	struct slab *next, *prev;	/* pages of the class with room */
};

struct large {
	u64 npages;
	u64 size;
};

static struct slab *partial[NR_CLASSES];
static u8 class_of[SMALL_MAX / 16 + 1];	/* by (size + 15) / 16 */

static void heap_init(void)
{
	u32 c = 0;

	for (u32 i = 0; i <= SMALL_MAX / 16; i++) {
		if (i * 16 > class_size[c])
			c++;
		class_of[i] = (u8)(c + 1);
	}
}

static void slab_link(struct slab *s)
{
	s->prev = NULL;
	s->next = partial[s->class];
	if (s->next)
		s->next->prev = s;
	partial[s->class] = s;
}

static void slab_unlink(struct slab *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		partial[s->class] = s->next;
	if (s->next)
		s->next->prev = s->prev;
}

static bool slab_full(const struct slab *s)
{
	return !s->free && s->fresh + class_size[s->class] > (const char *)s + PAGE_SIZE;
}

static struct slab *slab_new(u32 class)
{
	struct slab *s = pages_alloc(1, false);

	if (!s)
		return NULL;
	s->magic = SLAB_MAGIC;
	s->class = (u16)class;
	s->nused = 0;
	s->free = NULL;
	s->fresh = (char *)s + HEADER_SIZE;
	slab_link(s);
	return s;
}

static void *small_alloc(u32 class)
{
	struct slab *s = partial[class] ? partial[class] : slab_new(class);
	void *p;

	if (!s)
		return NULL;
	if (s->free) {
		p = s->free;
		s->free = *(void **)p;
	} else {
		p = s->fresh;
		s->fresh += class_size[class];
	}
	s->nused++;
	if (slab_full(s))
		slab_unlink(s);
	return p;
}

static void small_free(struct slab *s, void *p)
{
	if (s->magic != SLAB_MAGIC)
		rt_panic("kfree of %p, which kmalloc never gave", p);
	if (slab_full(s))
		slab_link(s);
	*(void **)p = s->free;
	s->free = p;
	/* One empty page of a class is kept: it is about to be needed again. */
	if (--s->nused == 0 && (s->next || s->prev)) {
		slab_unlink(s);
		s->magic = 0;
		pages_free(s, 1);
	}
}

static void *large_alloc(size_t n, bool zero)
{
	size_t npages = (n + LARGE_HEADER + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct large *l;

	if (n > SIZE_MAX - 2 * PAGE_SIZE)
		return NULL;
	l = pages_alloc(npages, zero);
	if (!l)
		return NULL;
	l->npages = npages;
	l->size = n;
	return (char *)l + LARGE_HEADER;
}

static bool is_large(const void *p)
{
	return ((u64)p & ~PAGE_MASK) == LARGE_HEADER;
}

void *kmalloc(size_t n)
{
	if (n > SMALL_MAX)
		return large_alloc(n, false);
	if (unlikely(!class_of[1]))
		heap_init();
	return small_alloc(class_of[(n + 15) / 16] - 1U);
}

void *kzalloc(size_t n)
{
	void *p;

	if (n > SMALL_MAX)
		return large_alloc(n, true);
	p = kmalloc(n);
	if (p)
		memset(p, 0, n);
	return p;
}

void kfree(void *p)
{
	if (!p)
		return;
	if (is_large(p)) {
		struct large *l = (struct large *)((char *)p - LARGE_HEADER);

		pages_free(l, l->npages);
		return;
	}
	small_free((struct slab *)((u64)p & PAGE_MASK), p);
}

void *krealloc(void *p, size_t n)
{
	size_t old, room;
	void *q;

	if (!p)
		return kmalloc(n);
	if (is_large(p)) {
		struct large *l = (struct large *)((char *)p - LARGE_HEADER);

		old = l->size;
		room = (l->npages << PAGE_SHIFT) - LARGE_HEADER;
		if (n <= room && n > room / 2) {
			l->size = n;
			return p;
		}
	} else {
		old = room = class_size[((struct slab *)((u64)p & PAGE_MASK))->class];
		if (n <= room && n > room / 2)
			return p;
	}
	q = kmalloc(n);
	if (!q)
		return NULL;
	memcpy(q, p, MIN(old, n));
	kfree(p);
	return q;
}
