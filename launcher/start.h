/* SPDX-License-Identifier: MIT */
/* The stages of mvm run behind the command line. */
#ifndef MVM_START_H
#define MVM_START_H

#include "plan.h"
#include "stats.h"

/*
 * Boots what the plan says and ends the process with the guest's status; returns only when that
 * could not be begun, or with --show-confinement: the exit status, its message printed.
 */
int start(const struct plan *plan, struct stats *stats);

#endif
