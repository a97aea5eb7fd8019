/* SPDX-License-Identifier: MIT */
/* Death by a signal: what the launcher is told of it, in every configuration. */
#include "debug.h"
#include "mm/mm.h"
#include "sys/process.h"
#include "sys/signal.h"
#include "sys/sigqueue.h"
#include "sys/trace.h"

void signal_die(const struct regs *r, int signo, int code, u64 addr, u32 vector, u32 error)
{
	static struct mvm_crash c;	/* outlives the stack it might lie on */

	trace_signal(signo, code, addr);
	c = (struct mvm_crash){
		.rax = r->rax, .rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx,
		.rsi = r->rsi, .rdi = r->rdi, .rbp = r->rbp, .rsp = r->rsp,
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rip = r->rip, .rflags = r->rflags, .fs_base = current->fs_base,
		.addr = addr, .signo = (u32)signo, .code = (u32)code,
		.vector = vector, .error = error,
	};
	if (SIG_BIT(signo) & (SIG_OF_FAULTS | SIG_BIT(SIGABRT)))
		mm_crash();
	if (debug_core())
		debug_crash(r, signo, code, addr);
	process_exit(128 + signo, signo, &c);
}
