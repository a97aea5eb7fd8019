/* SPDX-License-Identifier: MIT */
/* runtime/fs against the host's kernel: see fs_model.c. */
#ifndef FS_MODEL_H
#define FS_MODEL_H

#include <stdbool.h>

/* The whole test program: with the tree, or with a grant.  Its exit status. */
int fs_model(bool with_grant);

#endif
