/* SPDX-License-Identifier: MIT */
/*
 * Offsets and numbers that the assembly files need and C knows by name; start.c asserts that
 * each is what rt.h says.  The ABI's own constants come from <generated/abi-asm.h>.
 */
#ifndef MVM_RT_ASM_H
#define MVM_RT_ASM_H

#define ASM_RT_STACK_SIZE	32768
#define ASM_NR_RT_SIGRETURN	15

/* struct regs: bytes from its start */
#define REGS_R10		56
#define REGS_R9			64
#define REGS_R8			72
#define REGS_RAX		80
#define REGS_RDX		96
#define REGS_RSI		104
#define REGS_RDI		112
#define REGS_RIP		128
#define REGS_RFLAGS		144
#define REGS_RSP		152
#define REGS_SIZE		168

/* struct thread */
#define THREAD_STACK_TOP	0
#define THREAD_ENTRY		12
#define THREAD_REGS		16
#define ASM_ENTRY_CALL		0
#define ASM_ENTRY_TRAP		1
#define ASM_ENTRY_UPCALL	2

/* struct rt_cpu */
#define CPU_CURRENT		0
#define CPU_SCRATCH		8

/* How many pages the gate can drop at once. */
#define GATE_PAGES_MAX		32

#endif
