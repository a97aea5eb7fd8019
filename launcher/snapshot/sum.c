/* SPDX-License-Identifier: MIT */
/* See sum.h.  The only file that includes the library, which is all in its header. */
#define XXH_INLINE_ALL
#define XXH_NO_STDLIB
#include <xxhash.h>

#include "sum.h"

static XXH3_state_t state;

uint64_t snap_sum(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

void snap_sum_begin(void)
{
	XXH3_64bits_reset(&state);
}

void snap_sum_add(const void *data, size_t len)
{
	XXH3_64bits_update(&state, data, len);
}

uint64_t snap_sum_end(void)
{
	return XXH3_64bits_digest(&state);
}
