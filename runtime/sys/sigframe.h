/* SPDX-License-Identifier: MIT */
/* The layout of a signal frame: Linux's struct rt_sigframe for x86-64. */
#ifndef MVM_RT_SYS_SIGFRAME_H
#define MVM_RT_SYS_SIGFRAME_H

#include "rt.h"
#include "sys/signal.h"

#define UC_FP_XSTATE		1UL
#define UC_SIGCONTEXT_SS	2UL
#define UC_STRICT_RESTORE_SS	4UL

/* struct sigcontext: what the C library calls mcontext_t. */
struct sig_context {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
};

struct sig_stack {
	u64 sp;
	s32 flags;
	u32 pad;
	u64 size;
};

struct sig_ucontext {
	u64 flags;
	u64 link;
	struct sig_stack stack;
	struct sig_context context;
	u64 mask;
};

struct rt_sigframe {
	u64 restorer;
	struct sig_ucontext uc;
	struct ksiginfo info;
};

/* sigaltstack's ss_flags for a stack pointer: SS_DISABLE, SS_ONSTACK or 0. */
u32 signal_alt_flags(u64 sp);
/*
 * Sets the alternate stack, for a program whose stack pointer is sp.  0, -EPERM (in use),
 * -EINVAL (flags), -ENOMEM (too small).
 */
long signal_set_alt_stack(const struct sig_stack *new, u64 sp);

#endif
