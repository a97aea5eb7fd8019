/* SPDX-License-Identifier: MIT */
/*
 * Names of x86-64 system calls, from the kernel's own <asm/unistd_64.h> (launcher/build.mk makes
 * the list).  libseccomp has such a table too, but hands out allocated memory, which a confined
 * process and a signal handler cannot have.
 */
#include <stddef.h>
#include <string.h>
#include "sysname.h"

static const char names[] =
#include <generated/syscall-names.h>
;

/* What came after the headers of Debian 12 (Linux 6.1), from FIRST_NEWER on. */
#define FIRST_NEWER	451
static const char newer[] =
	"cachestat\0fchmodat2\0map_shadow_stack\0futex_wake\0futex_wait\0futex_requeue\0"
	"statmount\0listmount\0lsm_get_self_attr\0lsm_set_self_attr\0lsm_list_modules\0mseal\0";

/* The n-th of the strings in list, or NULL when there are fewer or it is empty. */
static const char *nth(const char *list, size_t size, unsigned long n)
{
	const char *end = list + size - 1;	/* the compiler's own NUL */

	while (n-- && list < end)
		list += strlen(list) + 1;
	return list < end && *list ? list : NULL;
}

const char *syscall_name(unsigned long nr)
{
	const char *name = nth(names, sizeof(names), nr);

	return name || nr < FIRST_NEWER ? name : nth(newer, sizeof(newer), nr - FIRST_NEWER);
}
