/* SPDX-License-Identifier: MIT */
/* What a floating-point exception tells of itself: arch/x86/kernel/fpu/core.c is the model. */
#include "sys/fpe.h"

#include <linux/signal.h>

#define VEC_MF		16
#define MXCSR_MASKS	7	/* the mask bits lie this far above their flags */

/* The flags of the x87 status word and of MXCSR */
#define EX_INVALID	0x01U
#define EX_DENORMAL	0x02U
#define EX_ZERO_DIVIDE	0x04U
#define EX_OVERFLOW	0x08U
#define EX_UNDERFLOW	0x10U
#define EX_PRECISION	0x20U

int fpe_code(u32 vector)
{
	u32 mxcsr, raised;
	u16 control, status;

	if (vector == VEC_MF) {
		__asm__ volatile("fnstcw %0\n\tfnstsw %1" : "=m"(control), "=m"(status));
		raised = status & ~(u32)control;
	} else {
		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		raised = mxcsr & ~(mxcsr >> MXCSR_MASKS);
	}
	if (raised & EX_INVALID)
		return FPE_FLTINV;
	if (raised & EX_ZERO_DIVIDE)
		return FPE_FLTDIV;
	if (raised & EX_OVERFLOW)
		return FPE_FLTOVF;
	if (raised & (EX_DENORMAL | EX_UNDERFLOW))
		return FPE_FLTUND;
	return raised & EX_PRECISION ? FPE_FLTRES : FPE_FLTUNK;
}
