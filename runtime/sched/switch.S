/* SPDX-License-Identifier: MIT */
/*
 * From one runtime stack to another.  Only what a C function must keep is saved: the application's
 * registers lie in each thread's struct regs, its vector registers are sched.c's affair.
 */
	.text

/* void switch_stack(u64 *save, u64 load) */
	.balign	16
	.globl	switch_stack
switch_stack:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
