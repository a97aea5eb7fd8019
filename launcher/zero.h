/* SPDX-License-Identifier: MIT */
/* Memory that holds nothing. */
#ifndef MVM_ZERO_H
#define MVM_ZERO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Are all of these bytes 0? */
static inline bool all_zero(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word)
			return false;
	}
	while (len && !*p)
		p++, len--;
	return !len;
}

#endif
