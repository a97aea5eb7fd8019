/* SPDX-License-Identifier: MIT */
/*
 * A runtime without CONFIG_TRAP: where a `syscall` goes on a KVM that looks at LSTAR but not at
 * EFER.SCE.  upcall.c says what is wrong.
 */
	.section .text.nucleus, "ax"
	.globl	nucleus_lstar, nucleus_lstar_traced
nucleus_lstar:
nucleus_lstar_traced:
	ud2

	.section .note.GNU-stack, "", @progbits
