/* SPDX-License-Identifier: MIT */
/* What the rest of sys/ needs of dispatch. */
#ifndef MVM_RT_SYS_DISPATCH_H
#define MVM_RT_SYS_DISPATCH_H

#include "rt.h"

/* The two halves of sys_enter() (sys/sys.h), for its twin in traced runs. */
void sys_call(struct regs *r);
int sys_leave_if(struct regs *r);

/* Tells the host of the missing calls it has not heard of yet.  Before the VM ends. */
void dispatch_flush(void);

/* -ENOSYS for system call nr, which --stats counts and -v names once. */
long count_missing(unsigned long nr);

#endif
