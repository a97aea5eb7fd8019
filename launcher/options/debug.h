/* SPDX-License-Identifier: MIT */
/* The options that look into a guest, for the list of tables in options.c. */
#ifndef MVM_OPTIONS_DEBUG_H
#define MVM_OPTIONS_DEBUG_H

#include "options.h"

extern const struct option_desc debug_options[];

#endif
