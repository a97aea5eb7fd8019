/* SPDX-License-Identifier: MIT */
/* The root files of an appliance. */
#ifndef MVM_PACK_TAR_H
#define MVM_PACK_TAR_H

#include "out.h"

/*
 * Writes a directory tree as a tar archive that is the same wherever and whenever the tree was
 * made: names in the order of their bytes; all files of user 0; modes 0755 for directories and what
 * somebody may execute, else 0644; times $SOURCE_DATE_EPOCH, else 0.  A file at the path output is
 * the archive's own of last time, which is not packed but refused.
 * 0, or EXIT_MVM with the message printed.
 */
int tar_pack(struct out *o, const char *dir, const char *output);

/*
 * Does the file begin as an archive that a guest unpacks does?  NULL, or the end of a sentence that
 * begins with the file's name: what it is instead, what to do.
 */
const char *tar_why_not(int fd);

#endif
