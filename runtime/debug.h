/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of a debugger (mvm run --gdb) and of a core dump (--core).  Where the runtime
 * asks debug_on() first, it costs a run without a debugger that question, on paths that are slow
 * anyway: exceptions, signals, the long road out of a system call, idling.
 */
#ifndef MVM_RT_DEBUG_H
#define MVM_RT_DEBUG_H

#include "rt.h"

struct ksiginfo;			/* sys/sigqueue.h */

#define FLAG_TF		(1UL << 8)	/* single-step (SDM vol. 1, 3.4.3) */

extern struct mvm_debug rt_debug;	/* debug.c */
/* Brings up to date what rt_debug tells of the current thread. */
void debug_save(void);

/* ---- the debugger (debug_stop.c) ---- */

/* Is there a debugger, or may one come? */
static inline bool debug_on(void)
{
	return IS_ENABLED(CONFIG_GDB) && boot->flags & MVM_BOOT_DEBUG;
}

/* The program is about to begin with *r. */
void debug_start(struct regs *r);
/*
 * A #DB or #BP, of the program or of the runtime.  False: it is the program's own, to become a
 * signal.
 */
bool debug_exception(struct regs *r, u64 vector, bool in_runtime);
/* MVM_VECTOR_STOP has interrupted the program. */
void debug_interrupt(struct regs *r);
/* A tick has: shall it go on all the same, because it steps and no other may run meanwhile? */
bool debug_locked(void);
/* On the way out of a system call, or of what else sys_leave() ends.  True: *r has changed. */
bool debug_leave(struct regs *r);
/* The VM has idled: the launcher may have ended its wait in order to stop it. */
void debug_idle(void);
/* *info is about to be delivered, and may become another.  False: it is not. */
bool debug_signal(struct regs *r, struct ksiginfo *info);

/* ---- core dumps (debug_core.c) ---- */

static inline bool debug_core(void)
{
	return IS_ENABLED(CONFIG_CORE) && boot->flags & MVM_BOOT_CORE;
}

/* The process dies of a signal with the registers *r: describes it.  MVM_OP_EXIT follows. */
void debug_crash(const struct regs *r, int signo, int code, u64 addr);

#endif
