/* SPDX-License-Identifier: MIT */
/*
 * From the entries to the functions and back: the way of every system call.  Owns the counts of
 * calls that are not here.  Signals on the way out are sys/signal.c's.
 */
#include "sys/dispatch.h"

#include <mvm.h>

#include "debug.h"
#include "mm/mm.h"
#include "sched/record.h"
#include "sched/tick.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/syscalls.h"
#include "sys/table.h"

/*
 * Occurrences of each missing call that the host has not been told of yet.  It hears of the
 * first at once, so that a guest that dies is explained, then of each doubling, and of the rest
 * at the end: a program that tries one in a loop does not pay for an exit each time.  Made when
 * the first one happens; without memory for it the host hears of each.
 */
static struct missing {
	u32 all, told;
} *missing;

static void tell_missing(u64 nr, u32 times)
{
	struct mvm_sqe e = { .op = MVM_OP_MISSING, .arg = nr, .len = times };

	hyper(&e, NULL);
}

/* Out of the way: sys_enter() saves no registers for it. */
__attribute__((noinline, cold)) long count_missing(unsigned long nr)
{
	u32 n;

	if (!missing)
		missing = kzalloc(SYS_TABLE_SIZE * sizeof(*missing));
	if (nr >= SYS_TABLE_SIZE || !missing) {
		tell_missing(nr, 1);
		return -ENOSYS;
	}
	n = ++missing[nr].all;
	if ((n & (n - 1)) == 0) {
		tell_missing(nr, n - missing[nr].told);
		missing[nr].told = n;
	}
	if (n == 1)
		rt_log("system call %s (%u) is not implemented", sys_name(nr), (u32)nr);
	return -ENOSYS;
}

/* mvm's own calls are few and seldom; the others are missing. */
__attribute__((noinline, cold)) static long other_call(unsigned long nr)
{
	if (IS_ENABLED(CONFIG_SNAPSHOT) && nr == MVM_SYS_READY)
		return sys_mvm_ready();
	if (IS_ENABLED(CONFIG_SNAPSHOT) && nr == MVM_SYS_GENERATION)
		return sys_mvm_generation();
	return count_missing(nr);
}

void dispatch_flush(void)
{
	if (!missing)
		return;
	for (u64 nr = 0; nr < SYS_TABLE_SIZE; nr++) {
		if (missing[nr].all != missing[nr].told)
			tell_missing(nr, missing[nr].all - missing[nr].told);
		missing[nr].told = missing[nr].all;
	}
}

static inline void call(struct regs *r)
{
	u64 nr = r->orig_rax;

	if (likely(nr < SYS_TABLE_SIZE && sys_table[nr]))
		r->rax = (u64)sys_table[nr](r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
	else
		r->rax = (u64)other_call(nr);
}

static inline int leave(struct regs *r)
{
	if (unlikely(current->work || hyper_attention()))
		return sys_leave(r);
	return 0;
}

int sys_enter(struct regs *r)
{
	call(r);
	return leave(r);
}

void sys_call(struct regs *r)
{
	call(r);
}

int sys_leave_if(struct regs *r)
{
	return leave(r);
}

int sys_leave(struct regs *r)
{
	int changed = 0;

	if (IS_ENABLED(CONFIG_RECORD) && current->work & WORK_COUNT)
		record_leave();
	if (hyper_attention())
		tick_noticed();
	if (current->work & (WORK_SIGNAL | WORK_RESTORE | WORK_MASK))
		changed = signal_work(r);
	if (debug_on())
		changed |= debug_leave(r);
	if (current->work & WORK_TICK)
		tick_update();
	return changed;
}
