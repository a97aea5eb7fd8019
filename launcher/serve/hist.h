/* SPDX-License-Identifier: MIT */
/* Histograms of latencies, with the buckets that metrics show. */
#ifndef MVM_SERVE_HIST_H
#define MVM_SERVE_HIST_H

#include <stdint.h>

#define HIST_BUCKETS	20		/* with a bound each; what is beyond all is in none */

struct hist {
	uint64_t count[HIST_BUCKETS];	/* of this bucket alone */
	uint64_t all;
	uint64_t sum_ns;
};

/* The upper bounds, in ns: 10 us to 30 s. */
extern const uint64_t hist_bounds[HIST_BUCKETS];

void hist_add(struct hist *h, uint64_t ns);

/*
 * The value that permille / 1000 of n sorted values are not above (nearest rank: what is printed
 * was measured).  n > 0.
 */
uint64_t percentile(const uint64_t *sorted, uint64_t n, unsigned int permille);
/* Sorts in place: heapsort, for the values of a bench, without memory of its own. */
void sort_values(uint64_t *v, uint64_t n);

#endif
