/* SPDX-License-Identifier: MIT */
/*
 * What turns the TSC into time: written by sys/clock.c, read by it and by the vDSO.  A sequence
 * lock: odd while being written, and a reader that saw it change reads again.
 */
#ifndef MVM_RT_SYS_VVAR_H
#define MVM_RT_SYS_VVAR_H

#include <stdbool.h>
#include <stdint.h>

struct vvar {
	uint32_t seq;
	uint32_t shift;
	uint64_t mult;		/* ns = ticks * mult >> shift, for ticks < span */
	uint64_t tsc_base;
	uint64_t span;		/* ticks for which this holds; 0: not calibrated yet, or recorded */
	uint64_t mono_ns;	/* CLOCK_MONOTONIC at tsc_base */
	uint64_t real_off;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t boot_off;	/* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
};

/* The time stamp counter, not read before what precedes it has been done (SDM 4.3, RDTSC). */
static inline uint64_t tsc_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t ticks_to_ns(uint64_t ticks, uint64_t mult, uint32_t shift)
{
	return (uint64_t)((unsigned __int128)ticks * mult >> shift);
}

/*
 * CLOCK_MONOTONIC in *mono, and the offset of the other clocks.  False when the parameters do
 * not hold for this instant: then only the runtime can tell.
 */
static inline bool vvar_read(const struct vvar *v, uint64_t *mono, uint64_t *real_off,
			     uint64_t *boot_off)
{
	uint32_t seq;
	uint64_t ticks;

	do {
		/* Where the run is recorded, reading the TSC may be an exception. */
		if (__builtin_expect(!v->span, 0))
			return false;
		seq = __atomic_load_n(&v->seq, __ATOMIC_ACQUIRE);
		ticks = tsc_read() - v->tsc_base;
		if (__builtin_expect(ticks >= v->span, 0))
			return false;
		*mono = v->mono_ns + ticks_to_ns(ticks, v->mult, v->shift);
		*real_off = v->real_off;
		*boot_off = v->boot_off;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) || seq != __atomic_load_n(&v->seq, __ATOMIC_RELAXED));
	return true;
}

#endif
