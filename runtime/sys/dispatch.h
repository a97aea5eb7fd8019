/* SPDX-License-Identifier: MIT */
/* What the rest of sys/ needs of dispatch. */
#ifndef MVM_RT_SYS_DISPATCH_H
#define MVM_RT_SYS_DISPATCH_H

/* Tells the host of the missing calls it has not heard of yet.  Before the VM ends. */
void dispatch_flush(void);

/* -ENOSYS for system call nr, which --stats counts and -v names once. */
long count_missing(unsigned long nr);

#endif
