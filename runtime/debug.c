/* SPDX-License-Identifier: MIT */
/*
 * Owns struct mvm_debug, in which the launcher finds the threads and registers that a debugger or a
 * core dump shows.
 */
#include "debug.h"

#include "sched/fpu.h"
#include "sched/sched.h"
#include "sys/about.h"
#include "sys/signal.h"

#define FPU_AREA_MAX	1024		/* XSAVE of x87, SSE and AVX takes 832 */

static u8 fpu_area[FPU_AREA_MAX] __attribute__((aligned(FPU_ALIGN)));

/* All offsets are of one structure or of what it points to. */
struct mvm_debug rt_debug = {
	.size = sizeof(rt_debug),
	.threads = (u64)&threads_first,
	.running = (u64)&rt_cpu.running,
	.next = offsetof(struct thread, next),
	.regs = offsetof(struct thread, regs),
	.fs_base = offsetof(struct thread, fs_base),
	.gs_base = offsetof(struct thread, gs_base),
	.fpu = offsetof(struct thread, fpu),
	.tid = offsetof(struct thread, tid),
	.asleep = offsetof(struct thread, state),
	.name = offsetof(struct thread, name),
	.sig = offsetof(struct thread, sig),
	.sig_blocked = offsetof(struct sigstate, blocked),
	.fpu_whole = offsetof(struct fpu, whole),
	.fpu_fcw = offsetof(struct fpu, fcw),
	.fpu_mxcsr = offsetof(struct fpu, mxcsr),
	.fpu_area = offsetof(struct fpu, area),
	.fpu_now = (u64)fpu_area,
};

_Static_assert(sizeof(struct mvm_regs) == sizeof(struct regs) &&
	       offsetof(struct mvm_regs, ss) == offsetof(struct regs, ss), "registers are alike");
_Static_assert(MVM_DEBUG_ASLEEP == THREAD_ASLEEP, "abi-debug.h says so");
_Static_assert(sizeof(struct ksiginfo) == sizeof(rt_debug.siginfo), "siginfo_t");

void debug_save(void)
{
	if (rt_cpu.fsgsbase) {
		asm volatile("rdfsbase %0" : "=r"(current->fs_base));
		asm volatile("rdgsbase %0" : "=r"(current->gs_base));
	}
	rt_debug.fpu_size = fpu_size();
	rt_debug.auxv = about_auxv.at;
	rt_debug.auxv_len = about_auxv.len;
	fpu_save(fpu_area);
}
