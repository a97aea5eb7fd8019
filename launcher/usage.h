/* SPDX-License-Identifier: MIT */
/*
 * The texts of mvm --help, mvm help COMMAND and mvm --version, on standard output.
 */
#ifndef MVM_USAGE_H
#define MVM_USAGE_H

#include "options/options.h"
#include "plan.h"

/* For PLAN_HELP and PLAN_VERSION.  0, or EXIT_MVM when standard output cannot be written. */
int usage(const struct plan *plan);
/* One option as all help texts show it. */
void usage_option(const struct option_desc *o);
/* Did all that was printed arrive?  0, or EXIT_MVM with the message printed. */
int usage_end(void);

#endif
