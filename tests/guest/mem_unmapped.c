/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * Memory that was given back faults, however it was mapped and whatever is mapped near it, and
 * memory that is mapped again is zero.
 */
#include <setjmp.h>
#include "t.h"

#define PG	4096UL
#define PAGES	3000U			/* some large pages' worth */

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

static bool accessible(char *p)
{
	if (sigsetjmp(back, 1))
		return false;
	(void)*(volatile char *)p;
	return true;
}

static char *map(char *at, size_t pages, int prot)
{
	return mmap(at, pages * PG, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1,
		    0);
}

static void count(const char *what, char *p, unsigned int pages)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < pages; i++)
		n += accessible(p + i * PG);
	printf("%s: %u of %u accessible\n", what, n, pages);
}

/* Every page of an area is mapped by itself, some are unmapped again, in a fixed order. */
static void pieces(char *area)
{
	static bool mapped[PAGES];
	unsigned int bad = 0, dirty = 0, x = 12345;

	for (unsigned int k = 0; k < 20000; k++) {
		x = x * 1103515245 + 12345;
		unsigned int i = (x >> 8) % PAGES, n = 1 + (x >> 24) % 7;

		n = i + n > PAGES ? PAGES - i : n;
		if (x & 0x80) {
			map(area + i * PG, n, PROT_READ | PROT_WRITE);
			for (unsigned int j = i; j < i + n; j++) {
				dirty += area[j * PG] != 0;
				area[j * PG] = 1;
				mapped[j] = true;
			}
		} else {
			munmap(area + i * PG, n * PG);
			for (unsigned int j = i; j < i + n; j++)
				mapped[j] = false;
		}
	}
	for (unsigned int i = 0; i < PAGES; i++)
		bad += accessible(area + i * PG) != mapped[i];
	printf("pieces: %u wrong, %u not zero\n", bad, dirty);
}

int main(void)
{
	char *a, *b;

	signal(SIGSEGV, on_fault);
	a = map(NULL, PAGES, PROT_READ | PROT_WRITE);
	memset(a, 1, PAGES * PG);
	munmap(a + 10 * PG, PG);
	munmap(a + 600 * PG, 700 * PG);
	count("two holes", a, PAGES);
	munmap(a, PAGES * PG);
	count("all unmapped", a, PAGES);
	b = map(a + 5 * PG, 3, PROT_READ | PROT_WRITE);
	FACT(b == a + 5 * PG && !b[0] && !b[2 * PG]);
	count("three again", a, PAGES);
	munmap(b, 3 * PG);

	/* Reserved, used in part, reserved again. */
	map(a, PAGES, PROT_NONE);
	count("reserved", a, PAGES);
	map(a + 512 * PG, 100, PROT_READ | PROT_WRITE);
	count("hundred used", a, PAGES);
	map(a + 550 * PG, 1, PROT_NONE);
	count("a guard inside", a, PAGES);
	munmap(a, PAGES * PG);
	pieces(a);
	munmap(a, PAGES * PG);

	/* Many small ones, every other one given back. */
	for (int i = 0; i < 2000; i++)
		map(a + i * PG, 1, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE);
	for (int i = 0; i < 2000; i += 4)
		munmap(a + i * PG, PG);
	count("many", a, 2000);
	return 0;
}
