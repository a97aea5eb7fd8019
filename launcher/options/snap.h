/* SPDX-License-Identifier: MIT */
/* The options of snapshots, for the list of options.c. */
#ifndef MVM_OPTIONS_SNAP_H
#define MVM_OPTIONS_SNAP_H

#include "options.h"

extern const struct option_desc snap_options[];

#endif
