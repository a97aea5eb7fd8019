/* SPDX-License-Identifier: MIT */
/*
 * Copies to and from application memory, with a table of the instructions that may fault.
 * Arguments as in the System V ABI.  No vector registers: they are the application's.
 */
#include "asm.h"

	.section .rodata.uaccess, "a"
	.balign 4
	.globl	uaccess_table
	.hidden	uaccess_table
uaccess_table:

/* The next instruction may fault; then execution goes on at \fixup. */
.macro MAY_FAULT fixup
	.pushsection .rodata.uaccess, "a"
	.long	771f - .
	.long	\fixup - .
	.popsection
771:
.endm

	.text

/* int uaccess_copy(void *dst, const void *src, size_t n) */
	.globl	uaccess_copy
	.hidden	uaccess_copy
	.type	uaccess_copy, @function
uaccess_copy:
	movq	%rdx, %rcx
	cmpq	$64, %rcx
	jae	3f
	/* Short: by eight and by one; rep movsb takes longer to start than these to finish. */
	cmpq	$8, %rcx
	jb	2f
1:
	MAY_FAULT 9f
	movq	(%rsi), %rax
	MAY_FAULT 9f
	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rcx
	cmpq	$8, %rcx
	jae	1b
2:
	testq	%rcx, %rcx
	jz	8f
	MAY_FAULT 9f
	movb	(%rsi), %al
	MAY_FAULT 9f
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rcx
	jmp	2b
3:
	MAY_FAULT 9f
	rep movsb
8:
	xorl	%eax, %eax
	ret
9:
	movl	$-14, %eax		/* -EFAULT */
	ret
	.size	uaccess_copy, . - uaccess_copy

/* int uaccess_clear(void *dst, size_t n) */
	.globl	uaccess_clear
	.hidden	uaccess_clear
	.type	uaccess_clear, @function
uaccess_clear:
	movq	%rsi, %rcx
	xorl	%eax, %eax
	MAY_FAULT 9f
	rep stosb
	ret
9:
	movl	$-14, %eax
	ret
	.size	uaccess_clear, . - uaccess_clear

/* long uaccess_string(char *dst, const char *src, size_t n) */
	.globl	uaccess_string
	.hidden	uaccess_string
	.type	uaccess_string, @function
uaccess_string:
	xorl	%eax, %eax
1:
	cmpq	%rdx, %rax
	jae	2f
	MAY_FAULT 9f
	movb	(%rsi,%rax), %cl
	movb	%cl, (%rdi,%rax)
	testb	%cl, %cl
	jz	2f
	incq	%rax
	jmp	1b
2:
	ret
9:
	movq	$-14, %rax
	ret
	.size	uaccess_string, . - uaccess_string

	.section .rodata.uaccess, "a"
	.globl	uaccess_table_end
	.hidden	uaccess_table_end
uaccess_table_end:

	.section .note.GNU-stack, "", @progbits
