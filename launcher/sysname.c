/* SPDX-License-Identifier: MIT */
/*
 * Names of x86-64 system calls, from the kernel's own <asm/unistd_64.h> (launcher/build.mk makes
 * the list).  libseccomp has such a table too, but hands out allocated memory, which a confined
 * process and a signal handler cannot have.
 */
#include <stddef.h>
#include "sysname.h"

static const char *const names[] = {
#include <generated/syscall-names.h>
};

/* What came after the headers of Debian 12 (Linux 6.1), from FIRST_NEWER on. */
#define FIRST_NEWER	451
static const char *const newer[] = {
	"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
	"statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules",
	"mseal",
};

const char *syscall_name(unsigned long nr)
{
	if (nr < sizeof(names) / sizeof(names[0]) && names[nr])
		return names[nr];
	if (nr >= FIRST_NEWER && nr - FIRST_NEWER < sizeof(newer) / sizeof(newer[0]))
		return newer[nr - FIRST_NEWER];
	return NULL;
}
