/* SPDX-License-Identifier: MIT */
/*
 * What struct mvm_debug leads to: threads, their registers and their FPU state.  All of it is the
 * guest's word: copied once, and shown; a list without an end is cut off.
 */
#ifndef MVM_GUEST_INFO_H
#define MVM_GUEST_INFO_H

#include "guest_mem.h"

#define GUEST_THREADS_MAX	4096U
#define GUEST_FPU_MAX		1024U		/* bytes of an FXSAVE or XSAVE area */
#define GUEST_FPU_MIN		512U

struct guest_thread {
	uint64_t va;			/* of the runtime's structure */
	int32_t tid;
	bool running;			/* it has the vCPU */
	bool asleep;
	uint64_t regs;			/* VA of its struct mvm_regs */
	uint64_t fpu;			/* VA of its FPU structure or area; 0: none */
	uint64_t fs_base, gs_base;
	uint64_t blocked;		/* signal mask */
	char name[16];			/* with a NUL */
};

/* FPU state: an FXSAVE image, with XSAVE's header and AVX behind it where size says so. */
struct guest_fpu {
	uint32_t size;			/* bytes of the area; 0: not known */
	bool whole;			/* else only the control words mean something */
	uint8_t area[GUEST_FPU_MAX];
};

/* Reads struct mvm_debug.  False: there is none, or it is not this version's. */
bool guest_debug(const struct guest *g, struct mvm_debug *d);
/* Up to max threads, in the order of their creation.  Returns how many. */
unsigned int guest_threads(const struct guest *g, const struct mvm_debug *d,
			   struct guest_thread *out, unsigned int max);
/* 0 or -EFAULT. */
int guest_regs(const struct guest *g, const struct guest_thread *t, struct mvm_regs *r);
void guest_fpu(const struct guest *g, const struct mvm_debug *d, const struct guest_thread *t,
	       struct guest_fpu *f);

#endif
