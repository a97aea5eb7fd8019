/* SPDX-License-Identifier: MIT */
/*
 * The application's x87, SSE and AVX state, which the runtime itself never touches: saved for a
 * signal frame, and for a thread that leaves the vCPU.
 */
#ifndef MVM_RT_SCHED_FPU_H
#define MVM_RT_SCHED_FPU_H

#include "rt.h"

#define FPU_ALIGN	64
#define FXSAVE_SIZE	512

static inline bool fpu_has_xsave(void) { return boot->cpu_features & MVM_CPU_XSAVE; }
/* Bytes of an area: what FXSAVE or XSAVE writes. */
static inline u32 fpu_size(void) { return fpu_has_xsave() ? boot->xsave_size : FXSAVE_SIZE; }

/* area: fpu_size() bytes, aligned to FPU_ALIGN. */
void fpu_save(void *area);
/* features: which parts; those that the area does not hold become initial. */
void fpu_restore(const void *area, u64 features);
/* area becomes what FNINIT and a new process have, and the processor too. */
void fpu_reset(void *area);

/* A thread's, in front of its area. */
struct fpu {
	bool whole;			/* area holds all; else only the control words count */
	u16 fcw;
	u32 mxcsr;
	u8 area[] __attribute__((aligned(FPU_ALIGN)));
};

/*
 * The thread leaves the vCPU.  whole false: it is in a call of a linked program, which may lose
 * all but the control words (System V ABI for x86-64, 3.2.1).
 */
void fpu_leave(struct fpu *f, bool whole);
/* It is back. */
void fpu_enter(const struct fpu *f);

#endif
