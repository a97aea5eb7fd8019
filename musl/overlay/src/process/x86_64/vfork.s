/* SPDX-License-Identifier: MIT */
/*
 * pid_t vfork(void).  Parent and child share the stack, so the return address must not lie on
 * it while the child runs.  Natively it stays in %rdx, which the kernel preserves.  In a VM it is
 * the first argument, and the runtime hands it back in %rdx, the second result register, when it
 * returns 0 or a process number; after an error no child ran, and the stack is as it was.
 */
	.hidden __sysinfo
	.hidden __syscall_ret
	.text
	.global vfork
	.type vfork, @function
vfork:
	mov __sysinfo(%rip), %rax
	test %rax, %rax
	jnz 1f

	pop %rdx
	mov $58, %eax			/* SYS_vfork */
	syscall
	push %rdx
	mov %rax, %rdi
	jmp __syscall_ret

1:	mov $58, %edi
	mov (%rsp), %rsi
	sub $8, %rsp			/* aligns the stack */
	call *%rax
	add $8, %rsp
	mov %rax, %rdi
	test %rax, %rax
	js __syscall_ret
	mov %rdx, (%rsp)
	ret
	.size vfork, . - vfork

	.section .note.GNU-stack, "", @progbits
