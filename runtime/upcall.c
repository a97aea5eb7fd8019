/* SPDX-License-Identifier: MIT */
/*
 * What an exception becomes: memory that is populated on demand, a caught fault of the runtime
 * on application memory, or a signal.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include "debug.h"
#include "mm/mm.h"
#include "rt.h"
#include "sched/record.h"
#include "sched/tick.h"
#include "sys/fpe.h"
#include "sys/site.h"
#include "sys/sys.h"
#include "sys/vdso.h"
#include "upcall.h"

#define VEC_DE		0
#define VEC_DB		1
#define VEC_UD		6
#define VEC_GP		13
#define VEC_PF		14
#define VEC_AC		17

#define FLAG_AC		(1UL << 18)

extern const char __rt_image[], __rt_text_end[], nucleus_lstar[];

static bool in_runtime(u64 rip)
{
	return rip >= (u64)__rt_image && rip < (u64)__rt_text_end && !vdso_contains(rip);
}

/* Exceptions other than #PF, by vector: arch/x86/kernel/traps.c and idt.c are the model. */
static const struct {
	u8 signo, code;
	bool addr;			/* si_addr is RIP, else 0 */
} exception_signal[32] = {
	[0]  = { SIGFPE, FPE_INTDIV, true },
	[1]  = { SIGTRAP, TRAP_TRACE, true },
	[3]  = { SIGTRAP, SI_KERNEL, false },
	[4]  = { SIGSEGV, SI_KERNEL, false },
	[5]  = { SIGSEGV, SI_KERNEL, false },
	[6]  = { SIGILL, ILL_ILLOPN, true },
	[7]  = { SIGSEGV, SI_KERNEL, false },
	[10] = { SIGSEGV, SI_KERNEL, false },
	[11] = { SIGBUS, SI_KERNEL, false },
	[12] = { SIGBUS, SI_KERNEL, false },
	[13] = { SIGSEGV, SI_KERNEL, false },
	[16] = { SIGFPE, FPE_FLTINV, true },
	[17] = { SIGBUS, BUS_ADRALN, false },
	[19] = { SIGFPE, FPE_FLTINV, true },
};

static void page_fault(struct regs *r, u32 error, u64 cr2)
{
	int signo, code;
	u64 fixup;

	if (mm_fault(cr2, error))
		return;
	if (in_runtime(r->rip)) {
		fixup = uaccess_fixup(r->rip);
		if (!fixup)
			rt_panic("page fault in the runtime: rip %#lx address %#lx error %#x",
				 r->rip, cr2, error);
		r->rip = fixup;
		return;
	}
	current->entry = ENTRY_UPCALL;
	current->regs = r;
	signo = mm_fault_signal(cr2, &code);
	signal_fault(r, signo, code, cr2, VEC_PF, error);
}

/*
 * A linked call brings the application's flags into the runtime, where `syscall` would have masked
 * them; to mask them at each call would cost more than to repair what happens so seldom.  The
 * System V ABI (x86-64, 3.2.1) wants DF clear at a call; TF and AC it leaves to the caller.  They
 * stay clear when the call returns: single-stepping ends at a system call.
 */
static bool flags_of_application(struct regs *r, u64 vector)
{
	u64 flag = vector == VEC_DB ? FLAG_TF : vector == VEC_AC ? FLAG_AC : 0;

	if (!(r->rflags & flag))
		return false;
	r->rflags &= ~flag;
	return true;
}

/*
 * Without CONFIG_TRAP there is no way in by `syscall`: hardware raises #UD there (EFER.SCE is
 * clear), the software KVM goes to LSTAR all the same, where notrap.S has a UD2.
 */
static void check_for_syscall(const struct regs *r, u64 vector)
{
	u8 insn[2];

	if (IS_ENABLED(CONFIG_TRAP) || vector != VEC_UD)
		return;
	if (r->rip == (u64)nucleus_lstar ||
	    (!in_runtime(r->rip) && !copy_from_user(insn, r->rip, sizeof(insn)) &&
	     insn[0] == 0x0f && insn[1] == 0x05))
		rt_refuse(126, "the program uses the syscall instruction, which this mvm was "
			  "built without (CONFIG_TRAP); link it with mvm-cc");
}

/* To the application, by way of what a system call would do then. */
static void leave(struct regs *r)
{
	current->entry = ENTRY_UPCALL;
	current->regs = r;
	if (current->work)
		sys_leave(r);
}

/* The launcher interrupts only the application (MVM_OP_TICK). */
static void tick(struct regs *r)
{
	if (in_runtime(r->rip))
		rt_panic("a tick in the runtime: rip %#lx", r->rip);
	current->entry = ENTRY_UPCALL;
	current->regs = r;
	tick_preempt(r);
	leave(r);
}

void upcall(struct regs *r, u64 vector, u64 error, u64 cr2)
{
	int code;

	if ((r->cs & 3) == 0)
		rt_panic("exception %lu in the nucleus: rip %#lx", vector, r->rip);
	if (IS_ENABLED(CONFIG_TRAP))
		site_settle(r);
	if (vector == VEC_PF) {
		page_fault(r, error, cr2);
		return;
	}
	if (vector == MVM_VECTOR_TICK) {
		tick(r);
		return;
	}
	if (debug_on() && vector == MVM_VECTOR_STOP) {
		debug_interrupt(r);
		return;
	}
	if (run_recorded() && vector == VEC_GP && record_rdtsc(r)) {
		leave(r);
		return;
	}
	if (vector == VEC_UD && r->rip == (u64)rt_try_fsgsbase) {
		r->rip = (u64)rt_try_fsgsbase_failed;
		return;
	}
	if (debug_on() && debug_exception(r, vector, in_runtime(r->rip)))
		return;
	check_for_syscall(r, vector);
	if (in_runtime(r->rip) && flags_of_application(r, vector))
		return;
	if (in_runtime(r->rip))
		rt_panic("exception %lu in the runtime: rip %#lx error %#lx", vector, r->rip,
			 error);
	if (vector >= ARRAY_SIZE(exception_signal) || !exception_signal[vector].signo)
		rt_panic("unexpected exception %lu: rip %#lx", vector, r->rip);
	current->entry = ENTRY_UPCALL;
	current->regs = r;
	code = exception_signal[vector].code;
	if (exception_signal[vector].signo == SIGFPE && vector != VEC_DE)
		code = fpe_code(vector);
	signal_fault(r, exception_signal[vector].signo, code,
		     exception_signal[vector].addr ? r->rip : 0, vector, error);
}
