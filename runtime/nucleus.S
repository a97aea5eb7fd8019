/* SPDX-License-Identifier: MIT */
/*
 * The nucleus: the only code that ever runs at CPL 0.  It turns exceptions and interrupts into
 * upcalls to ring 3 and offers the few operations that ring 3 cannot have.  It makes no
 * hypercall and decides nothing.  Also here: the image header through which the launcher finds
 * its way.
 *
 * Every instruction costs 0.27 us on a software KVM, so the paths are as short as they can be:
 * the frame that the processor pushed stays where it is, on the ring-0 stack, which ring 3 can
 * read; a second frame below it leads to the runtime.
 */
#include <generated/abi-asm.h>
#include "asm.h"

	.section .rt_header, "a"
	.globl	__rt_image
__rt_image:
	.long	MVM_ABI_MAGIC
	.short	MVM_ABI_MAJOR, MVM_ABI_MINOR
	.quad	__rt_text_size, __rt_data_size, __rt_bss_size
	.quad	rt_entry
	.quad	rt_boot_stack_top
	.quad	nucleus_idt
	.quad	nucleus_lstar			/* trap.S or notrap.S */
	.quad	rt_rsp0
#if IS_ENABLED(CONFIG_TRACE)
	.quad	nucleus_lstar_traced
#else
	.quad	nucleus_lstar
#endif
	.quad	CPU_CURRENT+rt_cpu
	.weak	rt_debug			/* debug.c, where it is */
	.quad	rt_debug

	.section .text.nucleus, "ax"

/*
 * 256 stubs of 16 bytes (SDM vol. 3, 6.13: which exceptions push an error code): make the frame
 * uniform and say which vector it was.
 */
	.balign	16
	.globl	nucleus_idt
nucleus_idt:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector == 6
	jmp	invalid_opcode
	.endif
	.if	!((vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || \
		  (vector == 21) || (vector == 29) || (vector == 30))
	pushq	$0
	.endif
	pushq	$vector
	jmp	upcall_common
	.set	vector, vector + 1
	.endr

	.balign	16
upcall_common:
	pushq	%rax				/* rt_frame: RAX ... */
	movq	%cr2, %rax
	pushq	%rax				/* ... and CR2, then what led here */
	pushq	$MVM_SEL_USER_DS
	leaq	rt_upcall_stack_top(%rip), %rax
	pushq	%rax
	pushq	$MVM_RFLAGS_INIT
	pushq	$MVM_SEL_USER_CS
	leaq	rt_upcall_entry(%rip), %rax
	pushq	%rax
	iretq

/*
 * The gate: the UD2 at rt_gate.  A software interrupt would be the usual way in, but the software
 * KVM does not emulate one; exceptions it delivers like hardware.
 * RAX: GATE_*, RDI and RSI: operands; RAX, RCX, RDX, RSI, RDI are lost.
 */
	.globl	rt_gate
rt_gate:
	ud2
	ret

	.balign	16
invalid_opcode:
	pushq	%rax
	leaq	rt_gate(%rip), %rax
	cmpq	%rax, 8(%rsp)			/* RIP */
	popq	%rax
	je	gate
	pushq	$0
	pushq	$6
	jmp	upcall_common

gate:
	addq	$2, (%rsp)			/* go on behind the UD2 */
	cmpl	$GATE_FLUSH, %eax
	je	1f
	ja	2f
3:	invlpg	(%rdi)
	addq	$MVM_PAGE_SIZE, %rdi
	decl	%esi
	jnz	3b
	iretq
1:	movq	%cr3, %rdi
	movq	%rdi, %cr3
	iretq
2:	movl	$0xc0000100, %ecx		/* IA32_FS_BASE */
	movl	%edi, %eax
	shrq	$32, %rdi
	movl	%edi, %edx
	wrmsr
	iretq

/*
 * The ring-0 stack.  After a stub and upcall_common the frame lies at fixed addresses below
 * rt_rsp0, where entry.S reads it.
 */
	.bss
	.balign	64
	.skip	1024
	.globl	rt_rsp0
rt_rsp0:

	.section .note.GNU-stack, "", @progbits
