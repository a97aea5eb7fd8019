/* SPDX-License-Identifier: MIT */
// trap: yes
/* The break grows, shrinks, and gives zeroed memory again. */
#include "t.h"

static char *brk_to(char *p)
{
	return (char *)syscall(SYS_brk, p);
}

int main(void)
{
	char *start = brk_to(NULL);
	char *p = (char *)(((uintptr_t)start + 4095) & ~4095UL);
	int nonzero = 0;

	FACT(start != NULL);
	FACT(brk_to(p + (1 << 20)) == p + (1 << 20));
	memset(p, 0xaa, 1 << 20);
	FACT(brk_to(p + 4096) == p + 4096);
	FACT(p[4095] == (char)0xaa);
	FACT(brk_to(p + (1 << 20)) == p + (1 << 20));
	for (int i = 4096; i < 1 << 20; i++)
		nonzero |= p[i];
	printf("fresh memory is zero: %d\n", nonzero == 0);
	FACT(brk_to(p + (1 << 20)) == brk_to((char *)1));
	FACT(brk_to((char *)-4096L) == p + (1 << 20));
	FACT(brk_to(p + 100) == p + 100);
	p[99] = 1;
	return 0;
}
