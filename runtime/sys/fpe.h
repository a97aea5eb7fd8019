/* SPDX-License-Identifier: MIT */
/* Why a floating-point exception happened. */
#ifndef MVM_RT_SYS_FPE_H
#define MVM_RT_SYS_FPE_H

#include "rt.h"

/*
 * si_code of a #MF (vector 16) or #XM (19), from the application's FP state, which is still in
 * the registers: FPE_FLTINV and its like.  SDM vol. 1, 8.5 and 11.5.
 */
int fpe_code(u32 vector);

#endif
