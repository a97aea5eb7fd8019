/* SPDX-License-Identifier: MIT */
/*
 * Crash reports.  Owns their wording and layout; who died, and whether it was reported already,
 * is finish.c's.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include "crash.h"
#include "msg.h"
#include "signame.h"

typedef unsigned long long ull;

/* A whole report, so that the lines of two VMs on one terminal do not mix. */
struct report {
	size_t used;
	char text[4096];
};

__attribute__((format(printf, 2, 3)))
static void add(struct report *r, const char *fmt, ...)
{
	size_t room = sizeof(r->text) - r->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->text + r->used, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		r->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* ---- The application ------------------------------------------------------------------------ */

/* Exceptions by vector (SDM volume 3, table 6-1). */
static const char *exception_name(uint32_t vector)
{
	static const char *const names[] = {
		"divide error", "debug", "NMI", "breakpoint", "overflow", "bound range",
		"invalid opcode", "device not available", "double fault", "coprocessor overrun",
		"invalid TSS", "segment not present", "stack fault", "general protection",
		"page fault", "exception 15", "x87 error", "alignment check", "machine check",
		"SIMD error", "virtualisation exception", "control protection",
	};

	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "interrupt";
}

static bool is_fault(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE ||
	       signo == SIGTRAP;
}

/* The error code of a page fault in words (SDM volume 3, section 4.7). */
static void add_exception(struct report *r, const struct mvm_crash *c)
{
	if (c->vector == UINT32_MAX)
		return;
	add(r, "  exception %u (%s), error code 0x%x", c->vector, exception_name(c->vector),
	    c->error);
	if (c->vector == 14)
		add(r, " (%s, page %s)",
		    c->error & 16 ? "execute" : c->error & 2 ? "write" : "read",
		    c->error & 1 ? "protected" : "not present");
	add(r, "\n");
}

static void add_registers(struct report *r, const struct mvm_crash *c)
{
	add(r, "  RIP: %016llx RSP: %016llx EFLAGS: %08llx\n", (ull)c->rip, (ull)c->rsp,
	    (ull)c->rflags);
	add(r, "  RAX: %016llx RBX: %016llx RCX: %016llx\n", (ull)c->rax, (ull)c->rbx, (ull)c->rcx);
	add(r, "  RDX: %016llx RSI: %016llx RDI: %016llx\n", (ull)c->rdx, (ull)c->rsi, (ull)c->rdi);
	add(r, "  RBP: %016llx R08: %016llx R09: %016llx\n", (ull)c->rbp, (ull)c->r8, (ull)c->r9);
	add(r, "  R10: %016llx R11: %016llx R12: %016llx\n", (ull)c->r10, (ull)c->r11, (ull)c->r12);
	add(r, "  R13: %016llx R14: %016llx R15: %016llx\n", (ull)c->r13, (ull)c->r14, (ull)c->r15);
}

void crash_print(const char *program, const struct ending *e)
{
	struct report r = { .used = 0 };
	const char *why = e->has_crash ? signal_reason(e->signo, (int)e->crash.code) : NULL;
	bool fault = e->has_crash && is_fault(e->signo) && (int)e->crash.code > 0;
	const char *name = signal_name(e->signo);

	if (!msg_verbose && (e->signo == SIGINT || e->signo == SIGPIPE))
		return;
	/* the line goes through msg.c, which keeps control characters of the name out of it */
	if (fault)
		warn("%s: killed by %s%s%s%s at address 0x%llx, rip 0x%llx", program, name,
		     why ? " (" : "", why ? why : "", why ? ")" : "", (ull)e->crash.addr,
		     (ull)e->crash.rip);
	else
		warn("%s: killed by %s (%d)%s%s", program, name, e->signo, why ? ", " : "",
		     why ? why : "");
	if (!e->has_crash || !(fault || msg_verbose))
		return;
	add_exception(&r, &e->crash);
	add_registers(&r, &e->crash);
	add(&r, "  FS:  %016llx\n", (ull)e->crash.fs_base);
	msg_put(r.text, r.used);
}

/* ---- The VM --------------------------------------------------------------------------------- */

static void add_segment(struct report *r, const char *name, const struct kvm_segment *s)
{
	add(r, " %s: %04x %016llx", name, s->selector, (ull)s->base);
}

static void add_vm_registers(struct report *r, const struct kvm_regs *g)
{
	struct mvm_crash c = {
		.rax = g->rax, .rbx = g->rbx, .rcx = g->rcx, .rdx = g->rdx, .rsi = g->rsi,
		.rdi = g->rdi, .rbp = g->rbp, .rsp = g->rsp, .r8 = g->r8, .r9 = g->r9,
		.r10 = g->r10, .r11 = g->r11, .r12 = g->r12, .r13 = g->r13, .r14 = g->r14,
		.r15 = g->r15, .rip = g->rip, .rflags = g->rflags, .vector = UINT32_MAX,
	};

	add_registers(r, &c);
}

static void add_system_registers(struct report *r, const struct kvm_sregs *s)
{
	add(r, "  CPL: %u", s->cs.selector & 3);
	add_segment(r, "CS", &s->cs);
	add_segment(r, "SS", &s->ss);
	add(r, "\n ");
	add_segment(r, "FS", &s->fs);
	add_segment(r, "GS", &s->gs);
	add_segment(r, "TR", &s->tr);
	add(r, "\n  GDT: %016llx+%x IDT: %016llx+%x\n", (ull)s->gdt.base, s->gdt.limit,
	    (ull)s->idt.base, s->idt.limit);
	add(r, "  CR0: %08llx CR2: %016llx CR3: %016llx CR4: %08llx EFER: %llx\n", (ull)s->cr0,
	    (ull)s->cr2, (ull)s->cr3, (ull)s->cr4, (ull)s->efer);
}

void crash_print_vm(const char *program, const char *what, uint64_t detail,
		    const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
	struct report r = { .used = 0 };
	char number[32] = "";

	if (detail)
		snprintf(number, sizeof(number), " 0x%llx", (ull)detail);
	warn("%s: the VM %s%s; it was ended", program, what, number);
	if (regs)
		add_vm_registers(&r, regs);
	if (sregs)
		add_system_registers(&r, sregs);
	msg_put(r.text, r.used);
}
