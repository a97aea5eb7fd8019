/* SPDX-License-Identifier: MIT */
/*
 * Makes a filter shorter that has comparisons which never come true: the kernel's work at its
 * installation grows with its length.  Jumps only lead forward (linux/filter.h), so one pass from
 * the end tells where each instruction leads, and one from the beginning puts together what is
 * left.
 */
#include "confine_ready.h"

static bool is_jump(const struct sock_filter *f)
{
	return BPF_CLASS(f->code) == BPF_JMP;
}

static bool is_return(const struct sock_filter *f)
{
	return BPF_CLASS(f->code) == BPF_RET;
}

/* Does it begin by forgetting the accumulator? */
static bool forgets(const struct sock_filter *f)
{
	return is_return(f) || BPF_CLASS(f->code) == BPF_LD;
}

/*
 * The first instruction from i on that does something; to[] is known of all behind it.
 */
static uint16_t leads_to(const struct sock_filter *f, uint16_t i, const uint16_t *to)
{
	if (f[i].code == (BPF_JMP | BPF_JA))
		return to[i + 1 + f[i].k];
	if (f[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && f[i].k == READY_NEVER)
		return to[i + 1 + f[i].jf];
	if (is_jump(&f[i]))
		return to[i + 1 + f[i].jt] == to[i + 1 + f[i].jf] ? to[i + 1 + f[i].jt] : i;
	if (!is_return(&f[i]) && forgets(&f[to[i + 1]]))
		return to[i + 1];
	return i;
}

/* What can be reached from the beginning. */
static void find_kept(const struct sock_filter *f, unsigned int len, const uint16_t *to, bool *kept)
{
	kept[to[0]] = true;
	for (unsigned int i = 0; i < len; i++) {
		if (!kept[i] || is_return(&f[i]))
			continue;
		if (is_jump(&f[i]))
			kept[to[i + 1 + f[i].jt]] = kept[to[i + 1 + f[i].jf]] = true;
		else
			kept[to[i + 1]] = true;
	}
}

/* An instruction that goes on with another than the next one left needs a jump behind it. */
static bool needs_jump(const struct sock_filter *f, unsigned int i, unsigned int len,
		       const uint16_t *to, const bool *kept)
{
	unsigned int next = i + 1;

	if (is_jump(&f[i]) || is_return(&f[i]))
		return false;
	while (next < len && !kept[next])
		next++;
	return to[i + 1] != next;
}

unsigned int confine_trim(const struct sock_filter *f, unsigned int len, struct sock_filter *out)
{
	uint16_t to[READY_MAX] = { 0 }, at[READY_MAX];
	bool kept[READY_MAX] = { false };
	unsigned int n = 0;

	if (!len || len > READY_MAX)
		return 0;
	for (unsigned int i = len; i-- > 0; )
		to[i] = leads_to(f, (uint16_t)i, to);
	find_kept(f, len, to, kept);
	for (unsigned int i = 0; i < len; i++) {
		at[i] = (uint16_t)n;
		n += kept[i] ? 1 + needs_jump(f, i, len, to, kept) : 0;
	}
	for (unsigned int i = 0; i < len; i++) {
		struct sock_filter *o = &out[at[i]];

		if (!kept[i])
			continue;
		*o = f[i];
		if (is_jump(&f[i])) {
			unsigned int jt = at[to[i + 1 + f[i].jt]] - at[i] - 1U;
			unsigned int jf = at[to[i + 1 + f[i].jf]] - at[i] - 1U;

			if (jt > UINT8_MAX || jf > UINT8_MAX)
				return 0;
			o->jt = (uint8_t)jt;
			o->jf = (uint8_t)jf;
		} else if (needs_jump(f, i, len, to, kept)) {
			o[1] = (struct sock_filter)
				BPF_STMT(BPF_JMP | BPF_JA, at[to[i + 1]] - at[i] - 2U);
		}
	}
	return n;
}
