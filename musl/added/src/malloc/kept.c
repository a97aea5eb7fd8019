/* SPDX-License-Identifier: MIT */
/*
 * The mappings that malloc(3) gives back, a few of which are kept for its next ones.  What is in
 * mallocng/ is compiled to call these two in place of mmap(2) and munmap(2); nothing else is.
 *
 * mallocng maps and unmaps a group of slots whenever a class of sizes begins and ends to be used.
 * To unmap memory that was used is dear: the processor's translations have to be dropped, natively
 * about a microsecond and in a VM whose tables the host shadows about forty, and each page faults
 * anew when it is mapped again.  What is kept was freed by the program, which may not know whether
 * an allocator unmaps it.
 *
 * What is kept here is bounded: KEPT_MAX mappings of at most KEPT_BYTES.  When there are that many
 * they all go, neighbours by one call.
 *
 * No lock: a mapping is one word, so that a signal, another thread or fork(2) find it here or not.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "atomic.h"

#define KEPT_MAX	16
#define KEPT_BYTES	(128UL << 10)
#define PAGE		4096UL

/* The address of a mapping, and in the lowest bits its length in pages; NULL: no mapping. */
static void *volatile kept[KEPT_MAX];

static uintptr_t base_of(void *word)
{
	return (uintptr_t)word & -PAGE;
}

static size_t length_of(void *word)
{
	return ((uintptr_t)word & (PAGE - 1)) * PAGE;
}

static size_t whole_pages(size_t len)
{
	return (len + PAGE - 1) & -PAGE;
}

/* A kept mapping of exactly len bytes, which is no longer kept.  NULL: there is none. */
static void *take(size_t len)
{
	int i;

	for (i = 0; i < KEPT_MAX; i++) {
		void *word = kept[i];

		if (word && length_of(word) == len && a_cas_p(&kept[i], word, 0) == word)
			return (void *)base_of(word);
	}
	return 0;
}

/* Unmaps [base, base + len) and all that is kept.  0, or -1 and errno as munmap(2). */
static int unmap_all(uintptr_t base, size_t len)
{
	struct { uintptr_t base, end; } run[KEPT_MAX + 1];
	int n = 0, i, k, ret = 0;

	if (len) {
		run[0].base = base;
		run[0].end = base + len;
		n = 1;
	}
	/* Sorted by address as they come. */
	for (i = 0; i < KEPT_MAX; i++) {
		void *word = kept[i];

		if (!word || a_cas_p(&kept[i], word, 0) != word)
			continue;
		for (k = n++; k && run[k - 1].base > base_of(word); k--)
			run[k] = run[k - 1];
		run[k].base = base_of(word);
		run[k].end = run[k].base + length_of(word);
	}
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && run[k].base == run[k - 1].end; k++)
			;
		if (__munmap((void *)run[i].base, run[k - 1].end - run[i].base))
			ret = -1;
	}
	return ret;
}

/*
 * mmap(2) for malloc, which asks for private memory: all zeros, also when it was kept.  When there
 * is none to be had nothing is kept any more, for that may have been what was missing.
 */
hidden void *__malloc_map(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	bool plain = !addr && prot == (PROT_READ | PROT_WRITE);
	void *p = plain ? take(whole_pages(len)) : 0;

	if (p)
		return memset(p, 0, whole_pages(len));
	p = __mmap(addr, len, prot, flags, fd, off);
	if (p == MAP_FAILED && plain) {
		unmap_all(0, 0);
		p = __mmap(addr, len, prot, flags, fd, off);
	}
	return p;
}

/* A whole mapping of malloc's goes, or is kept.  0, or -1 and errno as munmap(2). */
hidden int __malloc_unmap(void *base, size_t len)
{
	int i;

	len = whole_pages(len);
	if (len > KEPT_BYTES)
		return __munmap(base, len);
	for (i = 0; i < KEPT_MAX; i++)
		if (!kept[i] && !a_cas_p(&kept[i], 0, (char *)base + len / PAGE))
			return 0;
	return unmap_all((uintptr_t)base, len);
}
