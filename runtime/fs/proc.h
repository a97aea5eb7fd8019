/* SPDX-License-Identifier: MIT */
/* For who adds a text to /proc. */
#ifndef MVM_RT_FS_PROC_H
#define MVM_RT_FS_PROC_H

#include "rt.h"

/* Formats into a new *text (kmalloc'ed) of at most max bytes.  Length or -ENOMEM. */
long proc_printf(char **text, size_t max, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
