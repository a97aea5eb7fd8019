/* SPDX-License-Identifier: MIT */
/* Histograms, and exact percentiles where all values are kept. */
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

/* Lets v[i] sink to where both of its children are smaller. */
static void sink(uint64_t *v, uint64_t i, uint64_t n)
{
	uint64_t x = v[i], child;

	for (; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[child] <= x)
			break;
		v[i] = v[child];
	}
	v[i] = x;
}

void sort_values(uint64_t *v, uint64_t n)
{
	for (uint64_t i = n / 2; i-- > 0; )
		sink(v, i, n);
	while (n > 1) {
		uint64_t last = v[--n];

		v[n] = v[0];
		v[0] = last;
		sink(v, 0, n);
	}
}
