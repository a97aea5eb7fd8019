/* SPDX-License-Identifier: MIT */
/*
 * The texts of mvm --help, mvm help COMMAND and mvm --version, on standard output.
 */
#ifndef MVM_USAGE_H
#define MVM_USAGE_H

#include "plan.h"

/* For PLAN_HELP and PLAN_VERSION.  0, or EXIT_MVM when standard output cannot be written. */
int usage(const struct plan *plan);

#endif
