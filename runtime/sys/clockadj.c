/* SPDX-License-Identifier: MIT */
/* Slewing the guest's clock towards the host's; see sys/clockadj.h. */
#include "sys/clockadj.h"

#define RATE_SAMPLE_NS	100000000ULL	/* shorter intervals do not measure a rate well */
#define RATE_TOLERANCE	64		/* a measured rate may differ from the stated by 1/64 */
#define SLEW_MAX	8		/* correct by at most 1/8 of the rate */

/* a * 2^shift / b, saturated to 64 bits.  The 128-bit division of libgcc is not linked. */
static uint64_t shl_div(uint64_t a, uint32_t shift, uint64_t b)
{
	unsigned __int128 n = (unsigned __int128)a << shift;
	uint64_t hi = (uint64_t)(n >> 64), lo = (uint64_t)n;

	if (!b || hi >= b)
		return UINT64_MAX;
	__asm__("divq %[b]" : "+d"(hi), "+a"(lo) : [b] "r"(b) : "cc");
	return lo;
}

uint64_t clockadj_mono(const struct clockadj *c, uint64_t tsc)
{
	uint64_t ticks = tsc - c->now.tsc_base, slewed = ticks, rest = 0;

	/* A TSC that reads less than the base (another vCPU's): time stands still. */
	if ((int64_t)ticks < 0)
		return c->now.mono_ns;
	if (ticks > c->now.span) {
		slewed = c->now.span;
		rest = ticks - c->now.span;
	}
	return c->now.mono_ns + ticks_to_ns(slewed, c->now.mult, c->now.shift) +
	       ticks_to_ns(rest, c->rate, c->now.shift);
}

/*
 * What the TSC really runs at between two samples: better than what the host's kHz say.  Falls
 * back to those when it is not credible (a TSC that jumped, a host that slept).
 */
static uint64_t measure_rate(const struct mvm_time *old, const struct mvm_time *new)
{
	uint64_t ns = new->mono_ns - old->mono_ns, ticks = new->tsc_base - old->tsc_base, rate;

	if (ns < RATE_SAMPLE_NS || new->shift != old->shift || ns >> 48)
		return new->mult;
	rate = shl_div(ns, new->shift, ticks);
	if (rate > new->mult + new->mult / RATE_TOLERANCE ||
	    rate < new->mult - new->mult / RATE_TOLERANCE)
		return new->mult;
	return rate;
}

bool clockadj_update(struct clockadj *c, const struct mvm_time *sample, uint64_t tsc)
{
	uint64_t host, own, span, rate, correction, most;
	int64_t ahead;
	bool first = !c->now.span;

	if (!sample->mult || sample->shift > 63)
		return false;
	span = shl_div(CLOCK_SPAN_NS, sample->shift, sample->mult);
	if (!span || span > INT64_MAX)
		return false;

	rate = first ? sample->mult : measure_rate(&c->sample, sample);
	host = sample->mono_ns;
	if ((int64_t)(tsc - sample->tsc_base) > 0)
		host += ticks_to_ns(tsc - sample->tsc_base, rate, sample->shift);
	own = first ? host : clockadj_mono(c, tsc);
	ahead = (int64_t)(own - host);
	if (ahead < -CLOCK_STEP_NS) {
		own = host;
		ahead = 0;
	}
	/* The correction is spread over the span; what exceeds the limit is left for the next. */
	correction = shl_div(ahead < 0 ? -(uint64_t)ahead : (uint64_t)ahead, sample->shift, span);
	most = rate / SLEW_MAX;
	if (correction > most)
		correction = most;

	c->rate = rate;
	c->sample = *sample;
	c->now.shift = sample->shift;
	c->now.mult = ahead < 0 ? rate + correction : rate - correction;
	c->now.tsc_base = tsc;
	c->now.span = span;
	c->now.mono_ns = own;
	c->now.real_off = sample->real_ns - sample->mono_ns;
	c->now.boot_off = sample->boot_ns - sample->mono_ns;
	return true;
}
