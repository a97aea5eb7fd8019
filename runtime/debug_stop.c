/* SPDX-License-Identifier: MIT */
/*
 * Stops for a debugger, and what a step is; what the debugger wants is the launcher's affair.
 *
 * All is done with what every processor and every KVM has: INT3 and the trap flag raise exceptions
 * that come here as any others do, and an `out` stops the VM.  For the program the whole runtime is
 * one instruction, the call or `syscall` that enters it: a step over it ends on the way out.
 */
#include "debug.h"

#include <linux/signal.h>

#include "mm/mm.h"
#include "sched/fpu.h"
#include "sched/sched.h"
#include "sched/tick.h"
#include "sys/signal.h"

#define VEC_DB		1
#define FLAG_RF		(1UL << 16)	/* no such breakpoint for one instruction */
#define VEC_BP		3

static void load_state(void)
{
	if (rt_debug.fpu_changed)
		fpu_restore((const void *)rt_debug.fpu_now, boot->xcr0);
	rt_debug.fpu_changed = 0;
	rt_set_fs_base(current->fs_base);
	if (rt_cpu.fsgsbase)
		asm volatile("wrgsbase %0" : : "r"(current->gs_base));
}

/* ---- The conversation ---- */

/* A page that is populated on demand, or comes from a file, is there afterwards, if it can be. */
static void touch(u64 addr)
{
	u8 byte;

	if (get_user(byte, addr))
		return;
}

static void converse(void)
{
	for (;;) {
		asm volatile("outl %%eax, %%dx" : : "a"(0), "d"(MVM_PORT_DEBUG) : "memory");
		switch (rt_debug.command) {
		case MVM_DEBUG_TOUCH:
			touch(rt_debug.arg);
			break;
		case MVM_DEBUG_PROBE:
			*(volatile u64 *)&rt_debug.probe = 1;
			break;
		default:
			return;
		}
	}
}

/* Steps that were under way are over, whatever it is that ended them. */
static void end_steps(void)
{
	struct thread *t;

	for_each_thread(t) {
		if (!(t->work & WORK_STEP))
			continue;
		t->work &= ~WORK_STEP;
		t->regs->rflags &= ~FLAG_TF;
	}
}

static bool step_in_runtime;		/* it began there, and ends at the next instruction */

static void begin_step(struct regs *r, bool in_runtime)
{
	struct thread *t = thread_by_tid(rt_debug.step);

	if (!t)
		return;
	t->work |= WORK_STEP;
	step_in_runtime = t == current && in_runtime;
	if (t == current && r)
		r->rflags |= FLAG_TF;
}

/*
 * r: the registers that the debugger is shown as the current thread's, and may change; NULL: those
 * of the system call under way, in which it sleeps.
 */
static void stop(struct regs *r, enum mvm_stop why, bool in_runtime)
{
	struct regs *regs = current->regs;
	u32 entry = current->entry;

	end_steps();
	if (r) {
		r->rflags &= ~FLAG_TF;
		current->regs = r;
		current->entry = ENTRY_UPCALL;
	}
	rt_debug.wanted = 0;
	rt_debug.why = why;
	rt_debug.tid_stopped = r ? current->tid : 0;
	rt_debug.step = 0;
	rt_debug.deliver = 0;
	debug_save();
	converse();
	load_state();
	current->regs = regs;
	current->entry = entry;
	begin_step(r, in_runtime);
}

/* ---- Occasions ---- */

void debug_start(struct regs *r)
{
	stop(r, MVM_STOP_START, false);
}

static bool trap(struct regs *r, bool in_runtime)
{
	bool stepping = current->work & WORK_STEP, flag = r->rflags & FLAG_TF;

	if (in_runtime && rt_debug.command == MVM_DEBUG_PROBE) {
		rt_debug.probed++;
		return true;
	}
	if (in_runtime && !(stepping && step_in_runtime)) {
		/* The program's flag, which it brought with it; or what it is watching. */
		if (flag)
			r->rflags &= ~FLAG_TF;
		else
			current->work |= WORK_WATCH;
		return true;
	}
	if (flag && !stepping)
		return false;
	stop(r, flag ? MVM_STOP_STEP : MVM_STOP_HARDWARE, in_runtime);
	/* An execution breakpoint came before its instruction, and shall not come at once again. */
	r->rflags |= FLAG_RF;
	return true;
}

bool debug_exception(struct regs *r, u64 vector, bool in_runtime)
{
	if (vector == VEC_DB)
		return trap(r, in_runtime);
	if (vector != VEC_BP)
		return false;
	stop(r, MVM_STOP_BREAK, in_runtime);
	return in_runtime || !rt_debug.deliver;
}

void debug_interrupt(struct regs *r)
{
	if (rt_debug.wanted)
		stop(r, MVM_STOP_WANTED, false);
}

bool debug_locked(void)
{
	return rt_debug.locked && current->work & WORK_STEP;
}

bool debug_leave(struct regs *r)
{
	u32 work = current->work;

	current->work &= ~WORK_WATCH;
	if (work & WORK_STEP && current->entry == ENTRY_UPCALL)
		r->rflags |= FLAG_TF;
	else if (work & WORK_STEP)
		stop(r, MVM_STOP_STEP, false);
	else if (work & WORK_WATCH)
		stop(r, MVM_STOP_HARDWARE, false);
	else if (rt_debug.wanted)
		stop(r, MVM_STOP_WANTED, false);
	else
		return false;
	return true;
}

void debug_idle(void)
{
	if (rt_debug.wanted)
		stop(NULL, MVM_STOP_WANTED, false);
}

bool debug_signal(struct regs *r, struct ksiginfo *info)
{
	memcpy(rt_debug.siginfo, info, sizeof(rt_debug.siginfo));
	stop(r, MVM_STOP_SIGNAL, false);
	info->signo = (s32)rt_debug.deliver;
	return info->signo;
}
