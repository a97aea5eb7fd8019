/* SPDX-License-Identifier: MIT */
/*
 * The assembly that touches application memory (uaccess_asm.S).  Where it faults and nothing can be
 * populated, the core continues at the place that uaccess_fixup() names, and the call returns
 * nonzero.
 */
#ifndef MVM_RT_MM_UACCESS_H
#define MVM_RT_MM_UACCESS_H

#include "rt.h"

/* Copies n bytes.  0, or -EFAULT. */
int uaccess_copy(void *dst, const void *src, size_t n);
/* Zeroes n bytes.  0, or -EFAULT. */
int uaccess_clear(void *dst, size_t n);
/* Copies up to a NUL, at most n bytes.  Bytes before the NUL; n without one; or -EFAULT. */
long uaccess_string(char *dst, const char *src, size_t n);

/* One entry: an instruction that may fault, and where to go on. */
struct uaccess_entry {
	s32 insn, fixup;		/* relative to the field's own address */
};

extern const struct uaccess_entry uaccess_table[], uaccess_table_end[];

#endif
