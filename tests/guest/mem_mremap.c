/* SPDX-License-Identifier: MIT */
// trap: yes
/* mremap keeps the contents, gives zeroed memory, and refuses what Linux refuses. */
#include "t.h"

#define RW (PROT_READ | PROT_WRITE)
#define PRIV (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void)
{
	size_t page = 4096;
	char *p = mmap(NULL, 8 * page, RW, PRIV, -1, 0), *q, *r;
	bool same = true, zero = true;

	for (size_t i = 0; i < 8 * page; i++)
		p[i] = (char)(i >> 8);
	FACT(mremap(p, 8 * page, 4 * page, 0) == p);
	/* Something behind it, so that it cannot grow in place. */
	FACT(mmap(p + 4 * page, page, RW, PRIV | MAP_FIXED, -1, 0) == p + 4 * page);
	SHOW_OK(mremap(p, 4 * page, 16 * page, 0));
	q = mremap(p, 4 * page, 1024 * page, MREMAP_MAYMOVE);
	FACT(q != MAP_FAILED && q != p);
	for (size_t i = 0; i < 4 * page; i++)
		same &= q[i] == (char)(i >> 8);
	for (size_t i = 4 * page; i < 1024 * page; i++)
		zero &= q[i] == 0;
	FACT(same);
	FACT(zero);
	r = mmap(NULL, 64 * page, RW, PRIV, -1, 0);
	FACT(mremap(q, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, r) == r);
	FACT(r[page + 300] == (char)((page + 300) >> 8));
	SHOW_OK(mremap(q, page, 2 * page, MREMAP_MAYMOVE));
	SHOW_OK(mremap(r + 1, page, 2 * page, MREMAP_MAYMOVE));
	SHOW_OK(mremap(r, page, 0, MREMAP_MAYMOVE));
	SHOW_OK(mremap(r, page, page, 0x80));
	SHOW_OK(mremap(r, page, 2 * page, MREMAP_FIXED, r + 8 * page));
	return 0;
}
