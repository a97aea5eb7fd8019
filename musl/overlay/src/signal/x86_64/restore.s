/* SPDX-License-Identifier: MIT */
/*
 * Where a signal handler returns to: rt_sigreturn.  Both ways %rsp points at the ucontext, just
 * above the return address that the handler popped; so in a VM the entry is reached by a jump,
 * not a call, which would push a word over it.  The entry never returns here.
 */
	.hidden __sysinfo
	.text
	nop				/* unwinders look at the address before */
	.global __restore_rt
	.hidden __restore_rt
	.type __restore_rt, @function
__restore_rt:
	mov __sysinfo(%rip), %rax
	test %rax, %rax
	jz 1f
	mov $15, %edi			/* SYS_rt_sigreturn */
	jmp *%rax
1:	mov $15, %eax
	syscall
	.size __restore_rt, . - __restore_rt

	.section .note.GNU-stack, "", @progbits
