/* SPDX-License-Identifier: MIT */
/* Time and ticks of a run that is recorded: see record.h. */
#include "sched/record.h"

#include "mm/mm.h"

static u64 clock_at_leave;	/* ring.clock when the runtime was left last */

bool record_stale(void)
{
	return hyper_ring->clock == clock_at_leave;
}

/*
 * The host stops the vCPU anywhere and asks for the next count: what it writes to attention_at is
 * ahead of entries until entries is stored, and is read behind that.
 */
void record_leave(void)
{
	struct mvm_ring *ring = hyper_ring;
	u64 entries = ring->entries + 1;

	__atomic_store_n(&ring->entries, entries, __ATOMIC_SEQ_CST);
	if (entries == __atomic_load_n(&ring->attention_at, __ATOMIC_SEQ_CST))
		__atomic_store_n(&ring->attention, 1, __ATOMIC_RELAXED);
	clock_at_leave = ring->clock;
}

void record_noticed(void)
{
	struct mvm_sqe e = { .op = MVM_OP_NOP };

	hyper_kick(&e, NULL);
}

bool record_rdtsc(struct regs *r)
{
	u8 insn[3] = { 0 };
	bool rdtscp;

	if (copy_from_user(insn, r->rip, 2))
		return false;
	rdtscp = insn[0] == 0x0f && insn[1] == 0x01 &&
		 !copy_from_user(&insn[2], r->rip + 2, 1) && insn[2] == 0xf9;
	if (!rdtscp && (insn[0] != 0x0f || insn[1] != 0x31))
		return false;
	/* Who reads it in a loop waits for it to move. */
	record_noticed();
	r->rax = (u32)hyper_ring->clock;
	r->rdx = hyper_ring->clock >> 32;
	if (rdtscp)
		r->rcx = 0;
	r->rip += rdtscp ? 3 : 2;
	return true;
}
