/* SPDX-License-Identifier: MIT */
// trap: yes
/* The calls about memory refuse what Linux refuses, with its errors and in its order. */
#include "t.h"

#define PG	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RAW(n, ...)	syscall(SYS_##n, __VA_ARGS__)
#define TRY(n, ...)	show_result(#n " " #__VA_ARGS__, RAW(n, __VA_ARGS__) == -1 ? -1 : 0)

static char *p;			/* eight pages, a hole behind four and behind eight */

static void maps(void)
{
	TRY(mmap, 0, 0, RW, ANON, -1, 0);
	TRY(mmap, 0, PG, RW, MAP_ANONYMOUS, -1, 0);
	TRY(mmap, 0, PG, RW, MAP_ANONYMOUS | MAP_SHARED | MAP_PRIVATE, -1, 0);
	TRY(mmap, 0, PG, RW, ANON, -1, 1);
	TRY(mmap, 0, PG, RW, MAP_PRIVATE, -1, 0);
	TRY(mmap, 0, PG, RW, MAP_PRIVATE, 77, 0);
	TRY(mmap, 0, 0, RW, MAP_PRIVATE, 77, 0);
	TRY(mmap, 0, 0, RW, MAP_PRIVATE, 77, 5);
	TRY(mmap, 0, -1UL, RW, ANON, -1, 0);
	TRY(mmap, 0, 1UL << 47, RW, ANON, -1, 0);
	TRY(mmap, 0, 1UL << 60, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	TRY(mmap, p + 1, PG, RW, ANON | MAP_FIXED, -1, 0);
	TRY(mmap, 0x7ffffffff000UL, PG, RW, ANON | MAP_FIXED, -1, 0);
	TRY(mmap, -PG, PG, RW, ANON | MAP_FIXED, -1, 0);
	TRY(mmap, p, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	TRY(mmap, p - PG, 2 * PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	TRY(mmap, p + 1, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	TRY(mmap, 0, PG, RW, ANON | 0x80000000UL, -1, 0);
	TRY(mmap, 0, PG, 0x70000 | RW, ANON, -1, 0);
	TRY(mmap, p, PG, RW, ANON, -1, 0);
	FACT((char *)RAW(mmap, p, PG, RW, ANON, -1, 0) != p);
	FACT((unsigned long)RAW(mmap, 0, PG, RW, ANON | MAP_32BIT, -1, 0) < 1UL << 31);
	TRY(munmap, p + 1, PG);
	TRY(munmap, p, 0);
	TRY(munmap, -PG, PG);
	TRY(munmap, p, 1UL << 47);
	TRY(munmap, p, -1UL);
	TRY(munmap, p + 16 * PG, PG);
}

static void protections(void)
{
	TRY(mprotect, p + 1, PG, PROT_READ);
	TRY(mprotect, p, 0, PROT_READ);
	TRY(mprotect, p, 0, 0x100);
	TRY(mprotect, p, PG, 0x100);
	TRY(mprotect, p, PG, PROT_GROWSDOWN | PROT_GROWSUP | RW);
	TRY(mprotect, p, 6 * PG, PROT_READ);
	TRY(mprotect, p + 4 * PG, PG, PROT_READ);
	TRY(mprotect, p, -PG, PROT_READ);
	TRY(mprotect, -PG, PG, PROT_READ);
	TRY(mprotect, p, 8 * PG, RW);
	TRY(mprotect, p, 4 * PG, RW);
}

static void moves(void)
{
	TRY(mremap, p + 1, PG, PG, 0, 0);
	TRY(mremap, p, PG, 0, 0, 0);
	TRY(mremap, p, PG, PG, 8, 0);
	TRY(mremap, p, PG, PG, MREMAP_FIXED, p + 20 * PG);
	TRY(mremap, p, PG, 2 * PG, 0, 0);
	TRY(mremap, p, 0, PG, MREMAP_MAYMOVE, 0);
	TRY(mremap, p, 5 * PG, 6 * PG, MREMAP_MAYMOVE, 0);
	TRY(mremap, p + 4 * PG, PG, 2 * PG, MREMAP_MAYMOVE, 0);
	TRY(mremap, p, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + PG);
	TRY(mremap, p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + 1);
	TRY(mremap, p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, -PG);
	TRY(mremap, p, PG, PG, 0, 0);
	TRY(mremap, p, 4 * PG, 4 * PG, MREMAP_MAYMOVE, 0);
}

static void advice(void)
{
	unsigned char vec[16] = { 0 };

	TRY(madvise, p + 1, PG, MADV_DONTNEED);
	TRY(madvise, p, PG, 999);
	TRY(madvise, p, 0, 999);
	TRY(madvise, p, 0, MADV_DONTNEED);
	TRY(madvise, p, -PG, MADV_DONTNEED);
	TRY(madvise, p, 6 * PG, MADV_DONTNEED);
	TRY(madvise, p, 6 * PG, MADV_FREE);
	TRY(madvise, p, 6 * PG, MADV_NORMAL);
	TRY(madvise, p, PG, MADV_REMOVE);
	TRY(madvise, p + 4 * PG, PG, MADV_WILLNEED);
	p[0] = 1;
	TRY(mincore, p, PG, vec);
	FACT(vec[0] & 1);
	TRY(mincore, p + 1, PG, vec);
	TRY(mincore, p, 6 * PG, vec);
	TRY(mincore, p, PG, 1);
	TRY(mincore, p, 0, vec);
	TRY(msync, p, PG, MS_SYNC | MS_ASYNC);
	TRY(msync, p, PG, 64);
	TRY(msync, p + 1, PG, MS_SYNC);
	TRY(msync, p, 6 * PG, MS_SYNC);
	TRY(msync, p, PG, 0);
	TRY(msync, p, 0, MS_SYNC);
	TRY(mlock, p + 5, PG);
	TRY(mlock, p, 6 * PG);
	TRY(munlock, p, 6 * PG);
	TRY(munlock, p, 4 * PG);
	TRY(mlock, p, 0);
}

int main(void)
{
	p = mmap(NULL, 64 * PG, RW, ANON, -1, 0);
	munmap(p + 4 * PG, PG);
	munmap(p + 9 * PG, 55 * PG);
	maps();
	protections();
	moves();
	advice();
	return 0;
}
