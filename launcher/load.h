/* SPDX-License-Identifier: MIT */
/*
 * Fills guest RAM: runtime image, the application's segments, page tables and the boot
 * information.  Nothing of the VM is needed but its reserved RAM, so loading may run beside
 * VM creation.
 */
#ifndef MVM_LOAD_H
#define MVM_LOAD_H

#include "elf64.h"
#include "service/handle.h"
#include "plan.h"
#include "vm.h"

/* The segments of an ELF file, and the runtime's text. */
#define LOADED_FILES	(ELF_LOADS_MAX + 1U)

struct loaded {
	const struct mvm_rt_header *rt;	/* in the launcher's own image */
	struct mvm_boot *boot;		/* in guest RAM; complete but for what vm_setup() fills */
	struct { uint64_t gpa, len; } file[LOADED_FILES];	/* RAM that a file shows through */
	unsigned int nfiles;
};

/*
 * grants: holds the ELF, open for reading, and the guest paths.  Handles must be in the table
 * (the boot information lists them).  0, or an exit status (125, 126) with its message printed.
 */
struct grants;
int load(const struct plan *plan, const struct grants *grants, const struct handles *handles,
	 struct guest_ram *ram, struct loaded *out);

#endif
