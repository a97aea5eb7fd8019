/* SPDX-License-Identifier: MIT */
/* Names of x86-64 system calls, for messages. */
#ifndef MVM_SYSNAME_H
#define MVM_SYSNAME_H

/* The name of Linux's system call nr, or NULL.  Async-signal-safe, makes no system call. */
const char *syscall_name(unsigned long nr);

#endif
