/* SPDX-License-Identifier: MIT */
/*
 * Assembly only: how each of the runtime's doors builds a struct regs (rt.h) on the stack.  The
 * callee-saved registers always hold the application's values; where the others come from differs.
 */
#ifndef MVM_RT_PUSHREGS_H
#define MVM_RT_PUSHREGS_H

/* From its end.  Each argument is what to push: a register, memory or $constant. */
.macro	push_regs ss, rsp, rflags, cs, rip, orig_rax, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11
	pushq	\ss
	pushq	\rsp
	pushq	\rflags
	pushq	\cs
	pushq	\rip
	pushq	\orig_rax
	pushq	\rdi
	pushq	\rsi
	pushq	\rdx
	pushq	\rcx
	pushq	\rax
	pushq	\r8
	pushq	\r9
	pushq	\r10
	pushq	\r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

#endif
