/* SPDX-License-Identifier: MIT */
/* The program of an appliance. */
#ifndef MVM_PACK_ELF_H
#define MVM_PACK_ELF_H

#include "out.h"

/*
 * Writes a checked ELF program without what no segment has: sections, and the gaps that are between
 * segments whose addresses are 2 MiB apart (mvm-cc links them so), which are nearly all of a small
 * program.  Runs as before, natively too.  What is laid out in an unusual way is copied as it is.
 * 0, or an exit status with the message printed.
 */
int elf_pack(struct out *o, int fd, uint64_t size, const char *name);

#endif
