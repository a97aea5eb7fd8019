/* SPDX-License-Identifier: MIT */
/* The dispatch table, made from sys/calls.h. */
#ifndef MVM_RT_SYS_TABLE_H
#define MVM_RT_SYS_TABLE_H

#include "rt.h"

#define SYS_TABLE_SIZE	453	/* one past the largest number in sys/calls.h */

typedef long sys_fn(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6);

/* NULL: not here. */
extern sys_fn *const sys_table[SYS_TABLE_SIZE];

/* The name of a system call, also of one that is not here; "?" for a number without one. */
const char *sys_name(u64 nr);

#endif
