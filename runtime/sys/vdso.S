/* SPDX-License-Identifier: MIT */
/*
 * The vDSO image in the runtime's own text pages, page aligned, so that its address there is
 * AT_SYSINFO_EHDR and nothing has to be mapped.  The two words at VDSO_LINKS become the
 * addresses it needs; see sys/vdso/vdso.c.
 */
	.section .rodata.vdso, "a", @progbits
	.balign	4096
vdso_image:
	.incbin	VDSO_IMAGE, 0, VDSO_LINKS
	.quad	vvar, rt_call_entry
	.incbin	VDSO_IMAGE, VDSO_LINKS + 16
vdso_image_end:

	.text
	.globl	vdso_address
	.type	vdso_address, @function
vdso_address:
	leaq	vdso_image(%rip), %rax
	ret
	.size	vdso_address, . - vdso_address

	.globl	vdso_contains
	.type	vdso_contains, @function
vdso_contains:
	leaq	vdso_image(%rip), %rax
	subq	%rax, %rdi
	cmpq	$vdso_image_end - vdso_image, %rdi
	setb	%al
	movzbl	%al, %eax
	ret
	.size	vdso_contains, . - vdso_contains

	.section .note.GNU-stack, "", @progbits
