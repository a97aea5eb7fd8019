/* SPDX-License-Identifier: MIT */
/* --record and --replay: see record.c. */
#ifndef MVM_OPTIONS_RECORD_H
#define MVM_OPTIONS_RECORD_H

#include "options.h"

extern const struct option_desc record_options[];

#endif
