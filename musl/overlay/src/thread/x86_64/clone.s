/* SPDX-License-Identifier: MIT */
/*
 * int __clone(int (*func)(void *), void *stack, int flags, void *arg, pid_t *ptid, void *tls,
 *	       pid_t *ctid)
 *
 * func and arg wait for the child at the top of its stack.  In a VM the runtime starts the child
 * where the call returns, as the kernel does after the instruction: with %rsp = the stack it was
 * given, %rax = 0 and the parent's callee-saved registers.
 */
	.hidden __sysinfo
	.text
	.global __clone
	.hidden __clone
	.type __clone, @function
__clone:
	and $-16, %rsi
	sub $16, %rsi
	mov %rcx, (%rsi)
	mov %rdi, 8(%rsi)
	mov __sysinfo(%rip), %rax
	test %rax, %rax
	jnz 1f

	mov %edx, %edi
	mov %r8, %rdx
	mov %r9, %r8
	mov 8(%rsp), %r10
	mov $56, %eax			/* SYS_clone: flags, stack, ptid, ctid, tls */
	syscall
	test %eax, %eax
	jz 2f
	ret

1:	mov %r8, %rcx
	mov 8(%rsp), %r8
	mov %edx, %r10d
	mov %rsi, %rdx
	mov %r10d, %esi
	mov $56, %edi
	sub $8, %rsp			/* aligns the stack */
	call *%rax
	test %eax, %eax
	jz 2f
	add $8, %rsp
	ret

2:	xor %ebp, %ebp			/* the outermost frame of the child */
	pop %rdi
	pop %rax
	call *%rax
	mov __sysinfo(%rip), %rcx
	test %rcx, %rcx
	jz 3f
	mov %eax, %esi
	mov $60, %edi			/* SYS_exit */
	call *%rcx
	hlt
3:	mov %eax, %edi
	mov $60, %eax
	syscall
	hlt
	.size __clone, . - __clone

	.section .note.GNU-stack, "", @progbits
