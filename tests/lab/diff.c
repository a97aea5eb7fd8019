/* SPDX-License-Identifier: MIT */
/*
 * The differential rig: runs small raw guests and prints every exit with what changed of the vCPU's
 * registers, as KVM_RUN with SYNC_REGS shows it.  Two devices that behave alike print the same.
 * It judges nothing; diff.sh compares, and diff.known lists what may differ.
 */
#include "../kmod/kt.h"
#include "diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYNC	(KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)
#define NSHOWN	96

static uint64_t shown[NSHOWN];
static unsigned int at;

static void value(const char *name, uint64_t v)
{
	if (at < NSHOWN && shown[at] != v)
		printf(" %s=%llx", name, (unsigned long long)v);
	if (at < NSHOWN)
		shown[at++] = v;
}

static void segment(const char *name, const struct kvm_segment *s)
{
	char what[16];

	snprintf(what, sizeof(what), "%s.base", name);
	value(what, s->unusable ? 0 : s->base);
	snprintf(what, sizeof(what), "%s.limit", name);
	value(what, s->unusable ? 0 : s->limit);
	snprintf(what, sizeof(what), "%s.sel", name);
	value(what, s->selector);
	snprintf(what, sizeof(what), "%s.ar", name);
	value(what, s->unusable ? 0x10000 : (uint64_t)s->type | s->s << 4 | s->dpl << 5 |
	      s->present << 7 | s->avl << 12 | s->l << 13 | s->db << 14 | s->g << 15);
}

/* What changed since the exit before. */
static void registers(const struct kvm_sync_regs *s)
{
	static const char *const names[] = {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11",
		"r12", "r13", "r14", "r15", "rip", "rflags",
	};
	const uint64_t *r = (const uint64_t *)&s->regs;
	const struct kvm_vcpu_events *e = &s->events;

	at = 0;
	for (unsigned int i = 0; i < 18; i++)
		value(names[i], r[i]);
	value("cr0", s->sregs.cr0);
	value("cr2", s->sregs.cr2);
	value("cr3", s->sregs.cr3);
	value("cr4", s->sregs.cr4);
	value("cr8", s->sregs.cr8);
	value("efer", s->sregs.efer);
	segment("cs", &s->sregs.cs);
	segment("ds", &s->sregs.ds);
	segment("es", &s->sregs.es);
	segment("fs", &s->sregs.fs);
	segment("gs", &s->sregs.gs);
	segment("ss", &s->sregs.ss);
	segment("tr", &s->sregs.tr);
	segment("ldt", &s->sregs.ldt);
	value("gdt", s->sregs.gdt.base);
	value("gdt.limit", s->sregs.gdt.limit);
	value("idt", s->sregs.idt.base);
	value("idt.limit", s->sregs.idt.limit);
	value("injected", e->exception.injected);
	value("pending", e->exception.pending);
	value("vector", e->exception.injected || e->exception.pending ? e->exception.nr : 0);
	value("interrupt", e->interrupt.injected);
	value("shadow", e->interrupt.shadow);
	value("nmi", e->nmi.injected | e->nmi.pending << 1 | e->nmi.masked << 2);
}

/* One line for an exit; the numbers that user space acts on. */
static void print_exit(const struct kvm_run *k)
{
	const uint8_t *data;

	switch (k->exit_reason) {
	case KVM_EXIT_IO:
		data = (const uint8_t *)k + k->io.data_offset;
		printf("%s %x size %u count %u", k->io.direction == KVM_EXIT_IO_OUT ? "out" : "in",
		       k->io.port, k->io.size, k->io.count);
		for (unsigned int i = 0; k->io.direction && i < k->io.size * k->io.count; i++)
			printf("%s%02x", i ? "" : " data ", data[i]);
		break;
	case KVM_EXIT_DEBUG:
		printf("debug exception %u pc %llx dr6 %llx dr7 %llx", k->debug.arch.exception,
		       (unsigned long long)k->debug.arch.pc, (unsigned long long)k->debug.arch.dr6,
		       (unsigned long long)k->debug.arch.dr7);
		break;
	case KVM_EXIT_HLT:
		printf("hlt");
		break;
	case KVM_EXIT_SHUTDOWN:
		printf("shutdown");
		break;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		printf("window");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		printf("fail-entry %llx",
		       (unsigned long long)k->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		printf("internal-error %u", k->internal.suberror);
		break;
	case KVM_EXIT_MMIO:
		printf("mmio");
		break;
	default:
		printf("exit %u", k->exit_reason);
	}
	printf(" if %u ready %u", k->if_flag, k->ready_for_interrupt_injection);
}

/* Prints the exit; false: the guest cannot go on. */
static bool show(struct kvm_run *k)
{
	print_exit(k);
	registers(&k->s.regs);
	printf("\n");
	/* What an IN reads, so that it is the same everywhere. */
	if (k->exit_reason == KVM_EXIT_IO && k->io.direction == KVM_EXIT_IO_IN)
		for (unsigned int i = 0; i < k->io.size * k->io.count; i++)
			((uint8_t *)k)[k->io.data_offset + i] = (uint8_t)(0xa1 + 17 * i);
	return k->exit_reason != KVM_EXIT_SHUTDOWN && k->exit_reason != KVM_EXIT_FAIL_ENTRY &&
	       k->exit_reason != KVM_EXIT_INTERNAL_ERROR && k->exit_reason != KVM_EXIT_MMIO;
}

bool diff_step(struct kt_vm *v)
{
	long r;

	v->run->kvm_valid_regs = SYNC;
	r = kt_run(v);
	if (r) {
		printf("error %ld\n", -r);
		return false;
	}
	return show(v->run);
}

bool diff_single_step(struct kt_vm *v)
{
	struct kvm_guest_debug d = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };

	for (unsigned int i = 0; i < 8; i++) {
		struct kvm_regs before;

		kt_get_regs(v, &before);
		EQUAL(IOCTL(v->vcpu, KVM_SET_GUEST_DEBUG, &d), 0);
		v->run->kvm_valid_regs = SYNC;
		if (kt_run(v))
			FAIL("KVM_RUN: %s", strerror(errno));
		if (v->run->exit_reason == KVM_EXIT_DEBUG && v->run->s.regs.regs.rip == before.rip)
			continue;
		return show(v->run);
	}
	return true;
}

void diff_put(struct kt_vm *v, uint64_t rip, uint64_t rax)
{
	v->run->s.regs.regs.rip = rip;
	v->run->s.regs.regs.rax = rax;
	v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

void diff_memory(struct kt_vm *v, uint64_t gpa, uint64_t size)
{
	uint64_t h = 0xcbf29ce484222325;

	for (uint64_t i = 0; i < size; i++)
		h = (h ^ v->ram[gpa + i]) * 0x100000001b3;
	printf("memory %llx+%llx %016llx\n", (unsigned long long)gpa, (unsigned long long)size,
	       (unsigned long long)h);
}

void diff_begin(struct kt_vm *v, unsigned int ring, const uint8_t *code, const uint8_t *end)
{
	memset(shown, 0, sizeof(shown));
	kt_start(v, ring);
	memcpy(v->ram + KT_CODE, code, (size_t)(end - code));
}

void diff_finish(struct kt_vm *v)
{
	diff_memory(v, KT_PML4, 0x4000);	/* accessed and dirty bits */
	diff_memory(v, KT_RSP0 - 0x1000, 0x3000);
	diff_memory(v, KT_DATA, 0x10000);
	kt_end(v);
}

/* Runs to a HLT, an exit that ends a guest, or the limit. */
void diff_run(unsigned int ring, const uint8_t *code, const uint8_t *end, unsigned int limit)
{
	struct kt_vm v;

	diff_begin(&v, ring, code, end);
	while (limit-- && diff_step(&v) && v.run->exit_reason != KVM_EXIT_HLT)
		;
	diff_finish(&v);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return kt_main(argc, argv, "diff", diff_tests, diff_ntests);
}
