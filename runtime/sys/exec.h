/* SPDX-License-Identifier: MIT */
/* The start of the application. */
#ifndef MVM_RT_SYS_EXEC_H
#define MVM_RT_SYS_EXEC_H

#include "rt.h"

/*
 * Builds the initial stack below boot->stack_top from the boot information: argument count,
 * arguments, environment and auxiliary vector (System V ABI for x86-64, 3.4.1).  Once, after
 * mm_init() and sys_init().  Returns the initial RSP, 16-byte aligned; panics when the stack is
 * too small for the strings, which the launcher has checked.
 */
u64 stack_build(void);

/* The program's path as given, and its name without directories. */
const char *exec_path(void);
const char *exec_name(void);

#endif
