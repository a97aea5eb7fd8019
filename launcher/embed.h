/* SPDX-License-Identifier: MIT */
/*
 * The runtime inside the launcher's own executable (image.S), and how it gets into guest RAM.
 */
#ifndef MVM_EMBED_H
#define MVM_EMBED_H

#include "vm.h"

/* The image's header, or NULL when the build is broken. */
const struct mvm_rt_header *embed_header(void);
/* Opens mvm's own executable for embed_place(), while names can be opened.  Cannot fail. */
void embed_open(void);
/* Puts text and data where the ABI wants them.  bss is zero already.  Cannot fail. */
void embed_place(const struct mvm_rt_header *rt, struct guest_ram *ram);

#endif
