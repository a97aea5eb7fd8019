/* SPDX-License-Identifier: MIT */
// trap: yes
/* MADV_DONTNEED gives memory back and zeroes it; advice is accepted where Linux accepts it. */
#include "t.h"

int main(void)
{
	size_t len = 8 << 20;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char sum = 0;

	memset(p, 7, len);
	SHOW(madvise(p + 4096, len - 2 * 4096, MADV_DONTNEED));
	for (size_t i = 4096; i < len - 4096; i++)
		sum |= p[i];
	printf("sum %d, first %d, last %d\n", sum, p[0], p[len - 1]);
	p[len / 2] = 3;
	printf("%d\n", p[len / 2]);
	SHOW(madvise(p, len, MADV_WILLNEED));
	SHOW(madvise(p, len, MADV_NORMAL));
	SHOW(madvise(p, len, MADV_SEQUENTIAL));
	SHOW(madvise(p + 1, 4096, MADV_DONTNEED));
	SHOW(madvise(p, 0, MADV_DONTNEED));
	SHOW(madvise(p, 4096, 9999));
	SHOW(munmap(p, len));
	SHOW(madvise(p, 4096, MADV_DONTNEED));
	return 0;
}
