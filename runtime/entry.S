/* SPDX-License-Identifier: MIT */
/*
 * The ring-3 doors of the runtime: its own start, the call entry of linked programs (AT_SYSINFO),
 * the upcall entry behind the nucleus, and the way out with all registers.
 *
 * The runtime works on the current thread's runtime stack.  It never uses vector registers
 * (-mgeneral-regs-only), so the application's stay in place.
 */
#include <generated/abi-asm.h>
#include "asm.h"
#include "pushregs.h"

	.text

/* From the launcher's initial register state: CPL 3, RSP = rt_boot_stack_top. */
	.globl	rt_entry
rt_entry:
	fninit
	ldmxcsr	mxcsr_default(%rip)
	xorl	%ebp, %ebp
	call	rt_start
	ud2

/*
 * long rt_call_entry(long n, long a1, long a2, long a3, long a4, long a5, long a6)
 *
 * A C function to the caller.  Fills struct regs as a trap would, so that signals and restarts
 * need not know the difference; what a C call may lose is not saved.  rt_sigreturn comes by a
 * jump instead of a call, with RSP at the signal frame as at a native `syscall`.
 */
.macro	call_door name, enter
	.balign	32
	.globl	\name
\name:
	movq	CPU_CURRENT+rt_cpu(%rip), %rax
	movq	%rsp, %r10
	cmpl	$ASM_NR_RT_SIGRETURN, %edi
	je	2f
1:	movq	THREAD_STACK_TOP(%rax), %rsp
	leaq	8(%r10), %r11
	/* rip is the return address; rcx and r11 are the caller's to lose */
	push_regs ss=$MVM_SEL_USER_DS, rsp=%r11, rflags=$MVM_RFLAGS_INIT, cs=$MVM_SEL_USER_CS, \
		rip=(%r10), orig_rax=%rdi, rdi=%rsi, rsi=%rdx, rdx=%rcx, rcx=$0, rax=%rdi, \
		r8=%r9, r9=8(%r10), r10=%r8, r11=$0
	movl	$ASM_ENTRY_CALL, THREAD_ENTRY(%rax)
	movq	%rsp, THREAD_REGS(%rax)
	movq	%rsp, %rdi
	subq	$8, %rsp
	call	\enter
	addq	$8, %rsp
	testl	%eax, %eax
	jnz	3f
	movq	REGS_RAX(%rsp), %rax
	movq	REGS_RSP(%rsp), %rsp
	subq	$8, %rsp				/* the return address is still there */
	ret

2:	subq	$8, %r10				/* so that regs.rsp is RSP itself */
	jmp	1b
3:	movq	%rsp, %rdi
	jmp	rt_resume
.endm

	call_door rt_call_entry, sys_enter
/* The same in a traced run, so that the others do not even ask whether they are traced. */
#if IS_ENABLED(CONFIG_TRACE)
	call_door rt_call_entry_traced, sys_enter_traced
#endif

/*
 * Behind the nucleus, at CPL 3 on the small upcall stack, every register still the interrupted
 * code's; of a page fault all but RAX, which is CR2, and whose own value lies where the others'
 * vector does.  The frame at rt_rsp0 is copied before anything here can fault again.
 * Interrupted in the runtime (a fault on application memory): go on below its frame; else on
 * the thread's runtime stack.
 */
#define FRAME_SS	rt_rsp0-8(%rip)
#define FRAME_RSP	rt_rsp0-16(%rip)
#define FRAME_RFLAGS	rt_rsp0-24(%rip)
#define FRAME_CS	rt_rsp0-32(%rip)
#define FRAME_RIP	rt_rsp0-40(%rip)
#define FRAME_ERROR	rt_rsp0-48(%rip)
#define FRAME_VECTOR	rt_rsp0-56(%rip)
#define SAVED_RAX	rt_upcall_stack_top-8(%rip)
#define SAVED_CR2	rt_upcall_stack_top-16(%rip)

	.balign	16
	.globl	rt_fault_entry
rt_fault_entry:
	pushq	FRAME_VECTOR
	pushq	%rax
	movq	$14, FRAME_VECTOR
	jmp	1f

	.globl	rt_upcall_entry
rt_upcall_entry:
	pushq	%rax
	pushq	$0
1:	pushq	%rbx
	movq	FRAME_RSP, %rax
	movq	CPU_CURRENT+rt_cpu(%rip), %rbx
	movq	THREAD_STACK_TOP(%rbx), %rbx
	subq	%rax, %rbx
	cmpq	$ASM_RT_STACK_SIZE, %rbx
	popq	%rbx
	jbe	1f
	movq	CPU_CURRENT+rt_cpu(%rip), %rax
	movq	THREAD_STACK_TOP(%rax), %rax
1:	andq	$-16, %rax
	movq	%rax, %rsp
	/* orig_rax: no system call */
	push_regs ss=FRAME_SS, rsp=FRAME_RSP, rflags=FRAME_RFLAGS, cs=FRAME_CS, rip=FRAME_RIP, \
		orig_rax=$-1, rdi=%rdi, rsi=%rsi, rdx=%rdx, rcx=%rcx, rax=SAVED_RAX, r8=%r8, \
		r9=%r9, r10=%r10, r11=%r11
	movq	%rsp, %rdi
	movq	FRAME_VECTOR, %rsi
	movq	FRAME_ERROR, %rdx
	movq	SAVED_CR2, %rcx
	movq	%rsp, %rbx
	subq	$8, %rsp
	call	upcall
	movq	%rbx, %rdi

/* _Noreturn void rt_resume(struct regs *r): iretq from ring 3 to ring 3. */
	.globl	rt_resume
rt_resume:
	movq	%rdi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$8, %rsp				/* orig_rax */
	iretq

/* int rt_try_fsgsbase(void): a #UD at its first instruction goes on at rt_try_fsgsbase_failed. */
	.globl	rt_try_fsgsbase, rt_try_fsgsbase_failed
rt_try_fsgsbase:
	rdfsbase %rax
	wrfsbase %rax
	xorl	%eax, %eax
	ret
rt_try_fsgsbase_failed:
	movl	$1, %eax
	ret

	.section .rodata
	.balign	4
mxcsr_default:
	.long	0x1f80

	.bss
	.balign	64
	.skip	256
	.globl	rt_upcall_stack_top
rt_upcall_stack_top:

	.balign	4096
	.globl	rt_boot_stack
rt_boot_stack:
	.skip	ASM_RT_STACK_SIZE
	.globl	rt_boot_stack_top
rt_boot_stack_top:

	.section .note.GNU-stack, "", @progbits
