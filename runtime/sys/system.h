/* SPDX-License-Identifier: MIT */
/* Limits, as other files of sys/ need them. */
#ifndef MVM_RT_SYS_SYSTEM_H
#define MVM_RT_SYS_SYSTEM_H

#include "rt.h"

/* Called by sys_init(). */
void limits_init(void);

/* The soft limit RLIMIT_*: what setrlimit last set. */
u64 limit_soft(int which);

#endif
