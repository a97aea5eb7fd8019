/* SPDX-License-Identifier: MIT */
/* The commands for appliances.  Each returns 0, or an exit status with the message printed. */
#ifndef MVM_PACK_PACK_H
#define MVM_PACK_PACK_H

#include "plan.h"

int pack(const struct plan *plan);
int inspect(const struct plan *plan);
int unpack(const struct plan *plan);

#endif
