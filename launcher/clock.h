/* SPDX-License-Identifier: MIT */
/* What time it is, for all of the launcher. */
#ifndef MVM_CLOCK_H
#define MVM_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock of clock_gettime(2) that cannot fail. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000UL + (uint64_t)t.tv_nsec;
}

#endif
