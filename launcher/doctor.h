/* SPDX-License-Identifier: MIT */
/* mvm doctor: what this host can and cannot do for mvm, and what to do about it. */
#ifndef MVM_DOCTOR_H
#define MVM_DOCTOR_H

#include "plan.h"

/* Prints a line for each check.  0 when mvm run will work here, else 1. */
int doctor(const struct plan *plan);

#endif
