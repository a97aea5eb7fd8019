/* SPDX-License-Identifier: MIT */
// trap: yes
/* Many allocations of many sizes, freed in another order, never overlap. */
#include "t.h"

#define N 20000

static struct { unsigned char *p; size_t len; unsigned char fill; } a[N];

static unsigned int next(unsigned int *s)
{
	return *s = *s * 1103515245 + 12345, *s >> 8;
}

int main(void)
{
	unsigned int seed = 1;
	unsigned long bytes = 0, bad = 0;

	for (int round = 0; round < 400000; round++) {
		unsigned int i = next(&seed) % N;

		if (a[i].p) {
			bad += a[i].p[0] != a[i].fill || a[i].p[a[i].len - 1] != a[i].fill;
			free(a[i].p);
			a[i].p = NULL;
			continue;
		}
		a[i].len = 1 + next(&seed) % (next(&seed) % 64 == 0 ? 100000 : 500);
		a[i].fill = (unsigned char)next(&seed);
		a[i].p = malloc(a[i].len);
		memset(a[i].p, a[i].fill, a[i].len);
		bytes += a[i].len;
	}
	printf("%lu bytes, %lu bad\n", bytes, bad);
	return bad != 0;
}
