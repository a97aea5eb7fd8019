/* SPDX-License-Identifier: MIT */
/*
 * The nucleus: the only code that ever runs at CPL 0.  It turns exceptions and interrupts into
 * upcalls to ring 3 and offers the few operations that ring 3 cannot have.  It makes no
 * hypercall and decides nothing.  Also here: the image header through which the launcher finds
 * its way.
 *
 * Every instruction costs about 1 us on a software KVM, so the paths are as short as they can be:
 * the frame that the processor pushed stays where it is, on the ring-0 stack, which ring 3 can
 * read; and the frame that leads to the runtime, always the same, is not built but pointed at.
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

.macro	to_ring3 frame
	leaq	\frame(%rip), %rsp
	iretq
.endm

/*
 * 256 stubs of 16 bytes (SDM vol. 3, 6.13: which exceptions push an error code): make the frame
 * uniform and say which vector it was.  A page fault, by far the most frequent, says it by an
 * entry of its own, where CR2 is in RAX.  The stub of #UD is full, so its other way out lies in
 * what a later one leaves.
 */
	.balign	16
	.globl	nucleus_idt
nucleus_idt:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector == 6
	cmpl	$rt_gate_low, (%rsp)		/* RIP */
	je	gate
	jmp	invalid_opcode
	.elseif	vector == 14
	pushq	%rax
	movq	%cr2, %rax
	to_ring3 fault_frame
	.else
	.if	!((vector == 8) || ((vector >= 10) && (vector <= 13)) || (vector == 17) || \
		  (vector == 21) || (vector == 29) || (vector == 30))
	pushq	$0
	.endif
	pushq	$vector
	to_ring3 upcall_frame
	.endif
	.if	vector == 8
invalid_opcode:
	jmp	no_gate
	.endif
	.set	vector, vector + 1
	.endr
	.org	nucleus_idt + 256 * MVM_IDT_STUB_SIZE	/* an error where a stub is too long */

no_gate:
	pushq	$0
	pushq	$6
	to_ring3 upcall_frame

	.balign	16
upcall_frame:
	.quad	rt_upcall_entry, MVM_SEL_USER_CS, MVM_RFLAGS_INIT
	.quad	rt_upcall_stack_top, MVM_SEL_USER_DS
fault_frame:
	.quad	rt_fault_entry, MVM_SEL_USER_CS, MVM_RFLAGS_INIT
	.quad	rt_upcall_stack_top, MVM_SEL_USER_DS

/*
 * The gate: the UD2 at rt_gate.  A software interrupt would be the usual way in, but the software
 * KVM does not emulate one; exceptions it delivers like hardware.
 * RAX: which of the operations below; RDI: its operand.  RAX, RCX, RDX and RDI are lost.
 */
	.globl	rt_gate
rt_gate:
	ud2
	ret

	.balign	16
gate:
	cmpl	$MVM_VA_RT_TEXT >> 32, 4(%rsp)	/* the other half of RIP */
	jne	no_gate
	addq	$2, (%rsp)			/* go on behind the UD2 */
	jmp	*%rax

/* Drops what the processor caches of all pages. */
	.globl	nucleus_flush
nucleus_flush:
	movq	%cr3, %rdi
	movq	%rdi, %cr3
	iretq

/* IA32_FS_BASE (which is in ECX): EDI and EDX. */
	.globl	nucleus_fs_base
nucleus_fs_base:
	movl	%edi, %eax
	wrmsr
	iretq

/* Drops n pages from RDI on: entered so that the last n of these are carried out. */
	.set	page, GATE_PAGES_MAX
	.rept	GATE_PAGES_MAX
	.set	page, page - 1
	{disp32} invlpg page * MVM_PAGE_SIZE(%rdi)	/* always of 7 bytes */
	.endr
	.globl	nucleus_invlpg_end
nucleus_invlpg_end:
	iretq

/*
 * The ring-0 stack.  After a stub the frame lies at fixed addresses below rt_rsp0, where entry.S
 * reads it.
 */
	.bss
	.balign	64
	.skip	1024
	.globl	rt_rsp0
rt_rsp0:

	.section .note.GNU-stack, "", @progbits
