/* SPDX-License-Identifier: MIT */
/*
 * What an exception becomes: memory that is populated on demand, a caught fault of the runtime
 * on application memory, or a signal.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include "mm/mm.h"
#include "rt.h"
#include "sys/fpe.h"
#include "sys/sys.h"
#include "sys/vdso.h"
#include "upcall.h"

#define VEC_DE		0
#define VEC_PF		14

extern const char __rt_image[], __rt_text_end[];

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

void upcall(struct regs *r, u64 vector, u64 error, u64 cr2)
{
	int code;

	if ((r->cs & 3) == 0)
		rt_panic("exception %lu in the nucleus: rip %#lx", vector, r->rip);
	if (vector == VEC_PF) {
		page_fault(r, error, cr2);
		return;
	}
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
