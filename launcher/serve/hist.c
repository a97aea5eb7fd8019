/* SPDX-License-Identifier: MIT */
/* Histograms, and exact percentiles where all values are kept. */
#include <stdlib.h>
#include "hist.h"

#define US	1000ULL
#define MS	1000000ULL
#define S	1000000000ULL

const uint64_t hist_bounds[HIST_BUCKETS] = {
	10 * US, 20 * US, 50 * US, 100 * US, 200 * US, 500 * US,
	1 * MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS,
	1 * S, 2 * S, 5 * S, 10 * S, 30 * S,
};

void hist_add(struct hist *h, uint64_t ns)
{
	unsigned int i = 0;

	while (i < HIST_BUCKETS && ns > hist_bounds[i])
		i++;
	if (i < HIST_BUCKETS)
		h->count[i]++;
	h->all++;
	h->sum_ns += ns;
}

uint64_t percentile(const uint64_t *sorted, uint64_t n, unsigned int permille)
{
	uint64_t rank = (n * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void sort_values(uint64_t *v, uint64_t n)
{
	qsort(v, n, sizeof(*v), compare);
}
