/* SPDX-License-Identifier: MIT */
/* The random generator's own door; random_bytes() is in sys/sys.h. */
#ifndef MVM_RT_SYS_RANDOM_H
#define MVM_RT_SYS_RANDOM_H

#include "rt.h"

/* Takes the seed out of the boot information and wipes it there.  Called by sys_init(). */
void random_init(u8 seed[32]);

#endif
