/* SPDX-License-Identifier: MIT */
/* Linux errno numbers (asm-generic): taken from the UAPI headers, which are freestanding. */
#ifndef MVM_RT_ERRNO_H
#define MVM_RT_ERRNO_H
#include <asm/errno.h>

/* The runtime's own, never seen by a program: how a call that a signal cut short goes on. */
#define ERESTARTSYS	512	/* again when the handler has SA_RESTART, else EINTR */
#define ERESTARTNOHAND	514	/* EINTR when a handler ran, else again */
#endif
