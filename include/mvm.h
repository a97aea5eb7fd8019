/* SPDX-License-Identifier: MIT */
/*
 * What a program can ask of mvm: nothing that it needs, for programs run unchanged.  Both functions
 * are system calls that Linux does not have: natively they do nothing.
 */
#ifndef MVM_H
#define MVM_H

#include <stdint.h>

/* In the space of numbers that no kernel uses (x32 ends at 0x40000000 + 1000). */
#define MVM_SYS_READY		0x6d766d00
#define MVM_SYS_GENERATION	0x6d766d01

#ifndef MVM_RUNTIME
#include <unistd.h>
#include <sys/syscall.h>

/*
 * The program is ready: `mvm snapshot` keeps its state as it is here, instead of at its first wait
 * for standard input or for a connection, and every clone goes on from here.  Does nothing else.
 * 0; -1 with errno ENOSYS when the program does not run in mvm.
 */
static inline int mvm_ready(void)
{
	return (int)syscall(MVM_SYS_READY);
}

/*
 * Where a number is that differs in every clone of a snapshot (0: not a clone): a library that
 * keeps random state compares it with the one that it saw before, and seeds itself anew.  It may
 * change during any call that waits.  NULL natively.
 */
static inline const volatile uint64_t *mvm_generation(void)
{
	long at = syscall(MVM_SYS_GENERATION);

	return at == -1 ? (const volatile uint64_t *)0 : (const volatile uint64_t *)at;
}
#endif

#endif
