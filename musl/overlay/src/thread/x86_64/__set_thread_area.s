/* SPDX-License-Identifier: MIT */
/* int __set_thread_area(void *p): arch_prctl(ARCH_SET_FS, p), with its raw result. */
	.hidden __sysinfo
	.text
	.global __set_thread_area
	.hidden __set_thread_area
	.type __set_thread_area, @function
__set_thread_area:
	mov __sysinfo(%rip), %rax
	test %rax, %rax
	jz 1f
	mov %rdi, %rdx
	mov $0x1002, %esi		/* ARCH_SET_FS */
	mov $158, %edi			/* SYS_arch_prctl */
	jmp *%rax			/* a tail call: it returns to our caller */
1:	mov %rdi, %rsi
	mov $0x1002, %edi
	mov $158, %eax
	syscall
	ret
	.size __set_thread_area, . - __set_thread_area

	.section .note.GNU-stack, "", @progbits
