/* SPDX-License-Identifier: MIT */
// trap: yes
/* mmap, munmap: placement, flags and errors. */
#include "t.h"

#define PRIV (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static bool zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

int main(void)
{
	size_t page = 4096, len = 64 * page;
	char *p = mmap(NULL, len, RW, PRIV, -1, 0);
	char *q;

	FACT(p != MAP_FAILED);
	FACT(((uintptr_t)p & 4095) == 0);
	FACT(zero(p, len));
	memset(p, 1, len);

	/* A hole, then a mapping into it, by address. */
	SHOW(munmap(p + 16 * page, 16 * page));
	FACT(mmap(p + 16 * page, page, RW, PRIV | MAP_FIXED, -1, 0) == p + 16 * page);
	FACT(zero(p + 16 * page, page));
	FACT(p[16 * page - 1] == 1 && p[32 * page] == 1);
	/* Over existing memory: replaced, zeroed. */
	FACT(mmap(p, 2 * page, RW, PRIV | MAP_FIXED, -1, 0) == p);
	FACT(zero(p, 2 * page) && p[2 * page] == 1);
	SHOW_OK(mmap(p, page, RW, PRIV | MAP_FIXED_NOREPLACE, -1, 0));
	FACT(mmap(p + 20 * page, page, RW, PRIV | MAP_FIXED_NOREPLACE, -1, 0) == p + 20 * page);
	/* A hint that is free is taken. */
	FACT(mmap(p + 24 * page, page, RW, PRIV, -1, 0) == p + 24 * page);
	/* A hint that is taken is not. */
	q = mmap(p, page, RW, PRIV, -1, 0);
	FACT(q != p && q != MAP_FAILED);

	SHOW_OK(mmap(NULL, 0, RW, PRIV, -1, 0));
	SHOW_OK(mmap(p + 1, page, RW, PRIV | MAP_FIXED, -1, 0));
	SHOW_OK(mmap(NULL, page, RW, MAP_ANONYMOUS, -1, 0));
	SHOW_OK(mmap(NULL, page, RW, MAP_PRIVATE, -1, 0));
	SHOW_OK(mmap(NULL, page, RW, MAP_PRIVATE, 77, 0));
	SHOW_OK(mmap(NULL, 1UL << 47, RW, PRIV, -1, 0));
	SHOW_OK(mmap(NULL, -1UL, RW, PRIV, -1, 0));
	SHOW(munmap(p + 1, page));
	SHOW(munmap(p, 0));
	SHOW(munmap(p, len));
	SHOW(munmap(p, len));
	SHOW(munmap((void *)-4096UL, 4096));
	/* A large reservation, used in two places. */
	p = mmap(NULL, 1UL << 36, PROT_NONE, PRIV | MAP_NORESERVE, -1, 0);
	FACT(p != MAP_FAILED);
	SHOW(mprotect(p + (1UL << 35), 1 << 20, RW));
	p[(1UL << 35) + 4097] = 5;
	FACT(p[(1UL << 35) + 4097] == 5 && p[1UL << 35] == 0);
	SHOW(munmap(p, 1UL << 36));
	/* Shared anonymous memory. */
	p = mmap(NULL, page, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FACT(p != MAP_FAILED && zero(p, page));
	return 0;
}
