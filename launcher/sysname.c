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

const char *syscall_name(unsigned long nr)
{
	return nr < sizeof(names) / sizeof(names[0]) ? names[nr] : NULL;
}
