/* SPDX-License-Identifier: MIT */
/* Records of system calls for mvm run --trace: struct mvm_trace of the ABI. */
#ifndef MVM_RT_SYS_TRACE_H
#define MVM_RT_SYS_TRACE_H

#include "rt.h"

/* Is this a traced run?  Known from the start to the end. */
static inline bool traced(void)
{
	return IS_ENABLED(CONFIG_TRACE) && boot->flags & MVM_BOOT_TRACE;
}

/* The twin of sys_enter(), which only the entries of a traced run lead to. */
int sys_enter_traced(struct regs *r);
/* A signal arrives at the current thread, or ends it. */
void trace_record_signal(int signo, int code, u64 addr);
static inline void trace_signal(int signo, int code, u64 addr)
{
	if (traced())
		trace_record_signal(signo, code, addr);
}

#endif
