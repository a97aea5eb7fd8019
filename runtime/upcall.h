/* SPDX-License-Identifier: MIT */
/* What entry.S calls in C.  Not for the rooms. */
#ifndef MVM_RT_UPCALL_H
#define MVM_RT_UPCALL_H

#include "rt.h"
#include "sys/trace.h"

/* First C code; never returns. */
_Noreturn void rt_start(void);

/*
 * An exception (SDM vol. 3, 6.15) or interrupt; *r is resumed afterwards.
 * error: as pushed, else 0.  cr2: meaningful for vector 14.
 */
void upcall(struct regs *r, u64 vector, u64 error, u64 cr2);

/* Uses RDFSBASE and WRFSBASE, changing nothing: 0, or 1 where they raise #UD. */
int rt_try_fsgsbase(void);
extern const char rt_try_fsgsbase_failed[];

/* The call entry's address is AT_SYSINFO. */
long rt_call_entry(long n, long a1, long a2, long a3, long a4, long a5, long a6);
/* Its twin, in a traced run. */
long rt_call_entry_traced(long n, long a1, long a2, long a3, long a4, long a5, long a6);
/* The one of this run. */
static inline u64 rt_door(void)
{
	return traced() ? (u64)rt_call_entry_traced : (u64)rt_call_entry;
}

#endif
