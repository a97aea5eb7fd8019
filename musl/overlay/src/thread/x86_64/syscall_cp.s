/* SPDX-License-Identifier: MIT */
/*
 * long __syscall_cp_asm(volatile void *cancel, long n, long a1, ..., long a6): a system call
 * that is a cancellation point.
 *
 * SIGCANCEL's handler (musl's src/thread/pthread_cancel.c) acts at once when it interrupted code
 * between __cp_begin and __cp_end, which is before the system call took effect: it continues at
 * __cp_cancel, with the stack as it is on entry here.  Therefore nothing between the two moves
 * %rsp, and in a VM the entry is reached by a tail call, with a6 moved to where a seventh
 * argument belongs.  A call that SIGCANCEL interrupts inside the runtime is one that returns
 * -EINTR, upon which __syscall_cp_c cancels.
 */
	.hidden __sysinfo
	.hidden __cancel
	.text
	.global __cp_begin
	.hidden __cp_begin
	.global __cp_end
	.hidden __cp_end
	.global __cp_cancel
	.hidden __cp_cancel
	.global __syscall_cp_asm
	.hidden __syscall_cp_asm
	.type __syscall_cp_asm, @function
__syscall_cp_asm:
__cp_begin:
	mov (%rdi), %eax
	test %eax, %eax
	jnz __cp_cancel
	mov __sysinfo(%rip), %rax
	test %rax, %rax
	jz 1f

	mov %rsi, %rdi			/* n */
	mov %rdx, %rsi
	mov %rcx, %rdx
	mov %r8, %rcx
	mov %r9, %r8
	mov 8(%rsp), %r9		/* a5 */
	mov 16(%rsp), %r10		/* a6 */
	mov %r10, 8(%rsp)
	jmp *%rax

1:	mov %rsi, %rax
	mov %rdx, %rdi
	mov %rcx, %rsi
	mov %r8, %rdx
	mov %r9, %r10
	mov 8(%rsp), %r8
	mov 16(%rsp), %r9
	syscall
__cp_end:
	ret
__cp_cancel:
	jmp __cancel
	.size __syscall_cp_asm, . - __syscall_cp_asm

	.section .note.GNU-stack, "", @progbits
