/* SPDX-License-Identifier: MIT */
/* System calls of unmodified programs that need not trap any more: see site.c. */
#ifndef MVM_RT_SYS_SITE_H
#define MVM_RT_SYS_SITE_H

#include "rt.h"

/*
 * Interrupted between a place that was changed and the runtime?  Then *r becomes what it would be
 * at the unchanged place, in front of its `syscall`.
 */
void site_settle(struct regs *r);
/* Before [start, end) goes, moves or may be written: what was changed there is as it was. */
void site_undo(u64 start, u64 end);

#endif
