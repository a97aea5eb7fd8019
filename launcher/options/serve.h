/* SPDX-License-Identifier: MIT */
/* The options of mvm serve alone: a table for options.c. */
#ifndef MVM_OPTIONS_SERVE_H
#define MVM_OPTIONS_SERVE_H

#include "options.h"

extern const struct option_desc serve_options[];

#endif
