/* SPDX-License-Identifier: MIT */
/* The start of the application. */
#ifndef MVM_RT_SYS_EXEC_H
#define MVM_RT_SYS_EXEC_H

#include "rt.h"

/* What runs: as the launcher loaded it, or exec_load(). */
struct program {
	u64 entry;			/* first instruction: a dynamic linker's, if any */
	u64 main_entry, phdr, interp_base;
	u32 phnum, phent;
	const char *args;		/* argc strings, one after another */
	u32 argc;
	u64 args_len;			/* their bytes */
	const char *path;		/* as it was named */
	u64 random_at;			/* AT_RANDOM */
	const char *exe;		/* what is run, which for a script is its interpreter */
};
extern struct program program;

/* The value of a variable of the initial environment; NULL: it is not set. */
const char *program_env(const char *name);

/* From the boot information.  Before sys_init(). */
void program_init(void);
/*
 * Finds the program in the root and maps it, with its dynamic linker or, for a script, its
 * interpreter.  After fs_init().  Does not return when it cannot: then the VM ends with status 126
 * or 127 and a line that says why.
 */
void exec_load(void);

/*
 * Builds the initial stack below boot->stack_top from the boot information: argument count,
 * arguments, environment and auxiliary vector (System V ABI for x86-64, 3.4.1).  Once, after
 * mm_init() and sys_init().  Returns the initial RSP, 16-byte aligned; panics when the stack is
 * too small for the strings, which the launcher has checked.
 */
u64 stack_build(void);

/* The program's name as given, without directories. */
const char *exec_name(void);

#endif
