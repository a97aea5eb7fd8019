/* SPDX-License-Identifier: MIT */
/*
 * Writes the boot information: everything but what vm_setup() and the loader know better.
 */
#ifndef MVM_BOOT_H
#define MVM_BOOT_H

#include "grants.h"
#include "service/handle.h"
#include "plan.h"
#include "vm.h"

/*
 * Fills magic, strings, grants, randomness and limits at MVM_GPA_BOOT of ram.  Returns 0, or the
 * exit status with its message printed: arguments and environment may be too long.
 */
int boot_write(const struct plan *plan, const struct grants *grants, const struct handles *handles,
	       struct guest_ram *ram);

#endif
