/* SPDX-License-Identifier: MIT */
/* mvm serve: each connection is served by a virtual machine of its own. */
#ifndef MVM_SERVE_H
#define MVM_SERVE_H

#include "plan.h"

/* Serves until a signal ends it.  The exit status, with its message printed. */
int serve(const struct plan *options);

#endif
