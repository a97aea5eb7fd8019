/* SPDX-License-Identifier: MIT */
/* What --profile wants to know: which files the code of the program comes from. */
#ifndef MVM_RT_MM_MAPPED_H
#define MVM_RT_MM_MAPPED_H

#include "rt.h"

struct file;

static inline bool mapped_wanted(void)
{
	return IS_ENABLED(CONFIG_PROFILE) && boot->flags & MVM_BOOT_MAPPED;
}

/* [va, va + len) is now what file, which is the host's, has at off, and executable. */
void mapped_tell(struct file *file, u64 va, u64 len, u64 off);

#endif
