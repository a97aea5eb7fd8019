/* SPDX-License-Identifier: MIT */
/*
 * System calls of unmodified programs: what LSTAR points to, and the ring-3 entry behind it.
 * CONFIG_TRAP leaves it out.
 *
 * On hardware `syscall` arrives at CPL 0 with the interrupt flag masked (MVM_FMASK) and must get
 * back to ring 3 by sysretq.  On the software KVM it jumps here without leaving CPL 3.  The stub
 * therefore looks at CS; both ways end at its second half in ring 3.  Without a change of level
 * nothing brings IOPL back either: the doorbell goes on working because the TSS's I/O bitmap
 * allows it (launcher/tables.c).  There is no swapgs and no kernel stack: the per-vCPU block has a
 * fixed address.
 */
#include <generated/abi-asm.h>
#include "asm.h"
#include "pushregs.h"

#define FLAG_AC		0x40000
#define SAVED_RIP	CPU_SCRATCH+rt_cpu(%rip)
#define SAVED_RFLAGS	CPU_SCRATCH+8+rt_cpu(%rip)

/*
 * lstar: the stub's name; enter: the function behind its entry.  Behind rt_trapped_* the runtime's
 * stack is there, RCX is the thread and R11 the application's RSP.
 */
.macro	trap_door lstar, enter
	.section .text.nucleus, "ax"
	.balign	16
	.globl	\lstar
\lstar:
	movq	%rcx, SAVED_RIP
	movq	%r11, SAVED_RFLAGS
	movl	%cs, %ecx
	testb	$3, %cl
	jnz	rt_trap_\enter
	leaq	rt_trap_\enter(%rip), %rcx
	movl	$MVM_RFLAGS_INIT, %r11d
	sysretq

	.text
	.balign	16
rt_trap_\enter:
	movq	CPU_CURRENT+rt_cpu(%rip), %rcx
	movq	%rsp, %r11
	movq	THREAD_STACK_TOP(%rcx), %rsp
rt_trapped_\enter:
	/* rcx and r11 are as `syscall` leaves them */
	push_regs ss=$MVM_SEL_USER_DS, rsp=%r11, rflags=SAVED_RFLAGS, cs=$MVM_SEL_USER_CS, \
		rip=SAVED_RIP, orig_rax=%rax, rdi=%rdi, rsi=%rsi, rdx=%rdx, rcx=SAVED_RIP, \
		rax=%rax, r8=%r8, r9=%r9, r10=%r10, r11=SAVED_RFLAGS
	movl	$ASM_ENTRY_TRAP, THREAD_ENTRY(%rcx)
	movq	%rsp, THREAD_REGS(%rcx)
	movq	%rsp, %rdi
	subq	$8, %rsp
	cld
	call	\enter
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
.endm

	trap_door nucleus_lstar, sys_enter_trapped
/* As the second call entry (entry.S). */
#if IS_ENABLED(CONFIG_TRACE)
	trap_door nucleus_lstar_traced, sys_enter_traced
#endif

/*
 * From places that were changed so that they do not trap (sys/site.c), with the registers of the
 * stub: RAX and RCX.  Flags that `syscall` would have masked do not come this way, but AC: TF has
 * interrupted the jump that leads here (site_settle()), DF every C function clears.
 */
	.text
	.balign	16
	.globl	rt_site_entry
rt_site_entry:
	movq	%rcx, SAVED_RIP
	movq	%rsp, %r11
	movq	CPU_CURRENT+rt_cpu(%rip), %rcx
	movq	THREAD_STACK_TOP(%rcx), %rsp
	pushfq
	testl	$FLAG_AC, (%rsp)
	popq	SAVED_RFLAGS
	jz	rt_trapped_sys_enter_trapped
	pushq	$MVM_RFLAGS_INIT
	popfq
	jmp	rt_trapped_sys_enter_trapped

	.section .note.GNU-stack, "", @progbits
