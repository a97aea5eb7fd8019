/* SPDX-License-Identifier: MIT */
/*
 * Safe access to application memory: the range is checked here, the bytes are moved by
 * uaccess_asm.S, and what is not populated yet is populated by the fault.
 */
#include "mm/mm.h"
#include "mm/space.h"
#include "mm/uaccess.h"

int copy_from_user(void *dst, u64 src, size_t n)
{
	return !n ? 0 : space_user(src, n) ? uaccess_copy(dst, (const void *)src, n) : -EFAULT;
}

int copy_to_user(u64 dst, const void *src, size_t n)
{
	return !n ? 0 : space_user(dst, n) ? uaccess_copy((void *)dst, src, n) : -EFAULT;
}

int clear_user(u64 dst, size_t n)
{
	return space_user(dst, n) ? uaccess_clear((void *)dst, n) : -EFAULT;
}

long strncpy_from_user(char *dst, u64 src, size_t n)
{
	u64 room;
	long len;

	if (!space_user(src, 1))
		return -EFAULT;
	/* Never past the end of what is the application's. */
	room = (src < MVM_VA_USER_END ? MVM_VA_USER_END : TASK_END) - src;
	len = uaccess_string(dst, (const char *)src, MIN(n, room));
	if (len < 0 || (u64)len < MIN(n, room))
		return len;
	return room < n ? -EFAULT : -ENAMETOOLONG;
}

u64 uaccess_fixup(u64 rip)
{
	const struct uaccess_entry *e;

	for (e = uaccess_table; e < uaccess_table_end; e++)
		if ((u64)&e->insn + (u64)(s64)e->insn == rip)
			return (u64)&e->fixup + (u64)(s64)e->fixup;
	return 0;
}
