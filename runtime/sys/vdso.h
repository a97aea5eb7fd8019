/* SPDX-License-Identifier: MIT */
/* Where the vDSO lies; sys/vdso/ is the image, sys/vdso.S and sys/vdso_none.c are its variants. */
#ifndef MVM_RT_SYS_VDSO_H
#define MVM_RT_SYS_VDSO_H

#include "rt.h"

/* AT_SYSINFO_EHDR: the address of the image's ELF header; 0 without CONFIG_VDSO. */
u64 vdso_address(void);

/*
 * Is rip in the vDSO?  It lies in the runtime's text, but runs as a part of the application: a
 * fault there, on a pointer the application gave it, is the application's.
 */
bool vdso_contains(u64 rip);

#endif
