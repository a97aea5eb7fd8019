/* SPDX-License-Identifier: MIT */
/* The application's x87, SSE and AVX state: see fpu.h. */
#include "sched/fpu.h"

#define XSAVE_HEADER_END	576
#define MXCSR_OFFSET		24
#define XCR0_AVX		4UL

void fpu_save(void *area)
{
	u32 lo = (u32)boot->xcr0, hi = (u32)(boot->xcr0 >> 32);

	if (fpu_has_xsave()) {
		/* XSAVE leaves the reserved part of the header as it finds it. */
		memset((u8 *)area + FXSAVE_SIZE, 0, XSAVE_HEADER_END - FXSAVE_SIZE);
		asm volatile("xsave64 (%0)" : : "r"(area), "a"(lo), "d"(hi) : "memory");
	} else {
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
	}
}

void fpu_restore(const void *area, u64 features)
{
	u32 lo = (u32)features, hi = (u32)(features >> 32);

	if (fpu_has_xsave())
		asm volatile("xrstor64 (%0)" : : "r"(area), "a"(lo), "d"(hi) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void fpu_reset(void *area)
{
	static const u8 initial[FXSAVE_SIZE] __attribute__((aligned(FPU_ALIGN))) = {
		[0] = 0x7f, [1] = 0x03,			/* FCW */
		[MXCSR_OFFSET] = 0x80, [MXCSR_OFFSET + 1] = 0x1f,
	};

	memset(area, 0, fpu_size());
	memcpy(area, initial, sizeof(initial));
	fpu_restore(area, boot->xcr0);
}

void fpu_leave(struct fpu *f, bool whole)
{
	f->whole = whole;
	if (whole) {
		fpu_save(f->area);
		return;
	}
	asm volatile("fnstcw %0" : "=m"(f->fcw));
	asm volatile("stmxcsr %0" : "=m"(f->mxcsr));
}

void fpu_enter(const struct fpu *f)
{
	if (f->whole) {
		fpu_restore(f->area, boot->xcr0);
		return;
	}
	/* Another thread's x87 stack and upper halves of AVX registers would be found full. */
	asm volatile("fninit; fldcw %0" : : "m"(f->fcw));
	asm volatile("ldmxcsr %0" : : "m"(f->mxcsr));
	if (boot->xcr0 & XCR0_AVX)
		asm volatile("vzeroupper");
}
