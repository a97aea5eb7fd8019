/* SPDX-License-Identifier: MIT */
/*
 * Filters that were compiled when mvm was built: one for runs without a --dir, one with, one with
 * a --dir read only.  Each has the rules for every kind of standard stream at once, with a mark in
 * place of each value that only the run knows.  The run puts its values where its own rules
 * are, and an impossible one where a rule is not its own.
 * Only confine*.c and genfilters.c include this.
 */
#ifndef MVM_CONFINE_READY_H
#define MVM_CONFINE_READY_H

#include "confine_int.h"

#define READY_RULES_MAX	160
#define READY_MAX	1024	/* instructions */
/*
 * Numbers that no rule has of itself: for the descriptor or process of the filter's rule n, for the
 * limit of descriptors, for the address of path_empty.
 */
#define READY_MARK(n)	(0x6d766d00U + (n))
#define READY_FILES_MAX	0x6d766e00U
#define READY_EMPTY	0x6d766e01U
/* No descriptor, not AT_FDCWD either, and no process. */
#define READY_NEVER	UINT32_MAX

/*
 * An instruction, packed into 1 to 7 bytes: what READY_CODE says is the index of its code in
 * ready_codes, and which of jt, jf (a byte each) and k (READY_K: 0, 1, 2 or 4 bytes, little endian)
 * follow; the others are 0.
 */
#define READY_CODE(b)	((b) & 0x0f)
#define READY_JT	0x10
#define READY_JF	0x20
#define READY_K(b)	((b) >> 6)
extern const uint16_t ready_codes[];
#define READY_CODES	8

/*
 * A number that two rules share when they are the same but for the value that only a run knows (64
 * bits, after FNV-1a, of all that confine_filter.c reads of a rule).
 */
uint64_t confine_key(const struct rule *r);
/* The argument of the rule that has a mark of its own, or NULL: the rule is for every such run. */
const struct rule_arg *confine_own(const struct rule *r);
/*
 * The filter without its comparisons with READY_NEVER and what they led to.  out: room for as many
 * instructions as f has.  Their number, or 0 where a jump would be too long for its 8 bits.
 */
unsigned int confine_trim(const struct sock_filter *f, unsigned int len, struct sock_filter *out);
/* c->filter from a ready one.  False: there is none that has all of these rules. */
bool confine_ready_filter(struct confinement *c);

#endif
