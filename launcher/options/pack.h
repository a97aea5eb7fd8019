/* SPDX-License-Identifier: MIT */
/* Options of pack, inspect, unpack and of appliances. */
#ifndef MVM_OPTIONS_PACK_H
#define MVM_OPTIONS_PACK_H

#include "options.h"

extern const struct option_desc pack_options[];

#endif
