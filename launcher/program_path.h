/* SPDX-License-Identifier: MIT */
/* Where a debugger on the host finds the program that a guest runs. */
#ifndef MVM_PROGRAM_PATH_H
#define MVM_PROGRAM_PATH_H

#include <limits.h>
#include "plan.h"

/*
 * The absolute path of the program's file, by realpath(3), while files can be looked up.  Empty
 * where it has none of its own (a snapshot, a recording, a part of an appliance), or is not to be
 * found: in a --root it may have been named without a directory.
 */
void program_path(const struct plan *plan, char path[PATH_MAX]);

#endif
