/* SPDX-License-Identifier: MIT */
/*
 * System calls of unmodified programs: what LSTAR points to, and the ring-3 entry behind it.
 * CONFIG_TRAP leaves it out.
 *
 * On hardware `syscall` arrives at CPL 0 with the interrupt flag masked (MVM_FMASK) and must get
 * back to ring 3 by sysretq.  On the software KVM it jumps here without leaving CPL 3.  The stub
 * therefore looks at CS; both ways end at rt_trap_entry in ring 3.  Without a change of level
 * nothing brings IOPL back either: the doorbell goes on working because the TSS's I/O bitmap
 * allows it (launcher/tables.c).  There is no swapgs and no kernel stack: the per-vCPU block has a
 * fixed address.
 */
#include <generated/abi-asm.h>
#include "asm.h"

	.section .text.nucleus, "ax"
	.balign	16
	.globl	nucleus_lstar
nucleus_lstar:
	movq	%rcx, CPU_SCRATCH+rt_cpu(%rip)		/* RIP to return to */
	movq	%r11, CPU_SCRATCH+8+rt_cpu(%rip)	/* RFLAGS */
	movl	%cs, %ecx
	testb	$3, %cl
	jnz	rt_trap_entry
	leaq	rt_trap_entry(%rip), %rcx
	movl	$MVM_RFLAGS_INIT, %r11d
	sysretq

	.text
	.balign	16
rt_trap_entry:
	movq	CPU_CURRENT+rt_cpu(%rip), %rcx
	movq	%rsp, %r11
	movq	THREAD_STACK_TOP(%rcx), %rsp
	pushq	$MVM_SEL_USER_DS				/* struct regs, from its end */
	pushq	%r11
	pushq	CPU_SCRATCH+8+rt_cpu(%rip)
	pushq	$MVM_SEL_USER_CS
	pushq	CPU_SCRATCH+rt_cpu(%rip)
	pushq	%rax					/* orig_rax */
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	CPU_SCRATCH+rt_cpu(%rip)		/* rcx, as `syscall` leaves it */
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	CPU_SCRATCH+8+rt_cpu(%rip)		/* r11, likewise */
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movl	$ASM_ENTRY_TRAP, THREAD_ENTRY(%rcx)
	movq	%rsp, THREAD_REGS(%rcx)
	movq	%rsp, %rdi
	subq	$8, %rsp
	cld
	call	sys_enter
	addq	$8, %rsp
	testl	%eax, %eax
	jnz	1f

	/* C kept the callee-saved registers; Linux keeps the argument registers as well. */
	movq	REGS_R10(%rsp), %r10
	movq	REGS_R9(%rsp), %r9
	movq	REGS_R8(%rsp), %r8
	movq	REGS_RAX(%rsp), %rax
	movq	REGS_RDX(%rsp), %rdx
	movq	REGS_RSI(%rsp), %rsi
	movq	REGS_RDI(%rsp), %rdi
	movq	REGS_RIP(%rsp), %rcx
	movq	REGS_RFLAGS(%rsp), %r11
	pushq	%r11
	popfq
	movq	REGS_RSP(%rsp), %rsp
	jmp	*%rcx

1:	movq	%rsp, %rdi
	jmp	rt_resume

	.section .note.GNU-stack, "", @progbits
