/* SPDX-License-Identifier: MIT */
/* What is in an appliance, for a person. */
#ifndef MVM_PACK_INSPECT_H
#define MVM_PACK_INSPECT_H

#include "plan.h"
#include "format.h"

/*
 * Prints the parts, their digests and the configuration of an appliance that was verified.
 * 0, or EXIT_MVM with the message printed.
 */
int inspect_print(int fd, const char *name, const struct footer *f);

#endif
