/* SPDX-License-Identifier: MIT */
/*
 * What confine_ready.c and genfilters.c, which makes what that file includes, have to agree on: the
 * number by which rules find their ready filter, and the codes of instructions.
 */
#include "confine_ready.h"

#define FNV_BASIS	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

const uint16_t ready_codes[READY_CODES] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JA,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_RET | BPF_K,
};

static uint64_t mix(uint64_t key, uint64_t value)
{
	key = (key ^ value) * FNV_PRIME;
	return key ^ key >> 29;
}

uint64_t confine_key(const struct rule *r)
{
	uint64_t key = mix(FNV_BASIS, (uint64_t)r->nr << 8 | r->nargs);

	for (unsigned int n = 0; n < r->nargs; n++) {
		const struct rule_arg *a = &r->args[n];

		key = mix(key, (uint64_t)a->n << 16 | a->test << 8 | a->symbol);
		key = mix(key, a->symbol ? 0 : a->value);
		key = mix(key, a->mask);
	}
	return key;
}

const struct rule_arg *confine_own(const struct rule *r)
{
	for (unsigned int n = 0; n < r->nargs; n++)
		switch (r->args[n].symbol) {
		case SYMBOL_STDIN:
		case SYMBOL_STDOUT:
		case SYMBOL_STDERR:
		case SYMBOL_PID:
		case SYMBOL_EXEC:
			return &r->args[n];
		}
	return NULL;
}
