/* SPDX-License-Identifier: MIT */
/*
 * What is given to a guest or taken from it between instructions: KVM_INTERRUPT and its windows,
 * exceptions and NMIs by KVM_SET_VCPU_EVENTS, guest debugging.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "kt.h"

static void start_at(struct kt_vm *v, uint64_t rflags)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = rflags };

	kt_set_regs(v, &r);
}

KT_GUEST(spin, "1: pause; jmp 1b");

/* ---- Interrupts ----------------------------------------------------------------------------- */

KT_GUEST(sti_spin, "mov $0x59, %dx; out %eax, (%dx); sti; nop; nop; 1: pause; jmp 1b");

static long interrupt(struct kt_vm *v, uint32_t vector)
{
	struct kvm_interrupt i = { vector };

	return IOCTL(v->vcpu, KVM_INTERRUPT, &i);
}

static void interrupts(void)
{
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, spin);
	for (int i = 0; i < 10; i++) {
		kt_restart(&v, 3);
		start_at(&v, 0x3202);
		EQUAL(interrupt(&v, 0x21), 0);
		kt_run_to_exception(&v, 0x21, &f);
		CHECK(f.rip >= KT_CODE && f.rip < KT_CODE + 4);
		EQUAL(f.cs, KT_CS3);
		CHECK(f.rflags & 0x200);
		kt_complete(&v);
	}
	EQUAL(interrupt(&v, 256), -EINVAL);
	EQUAL(interrupt(&v, ~0U), -EINVAL);
}

static void interrupt_window(void)
{
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, sti_spin);
	v.run->request_interrupt_window = 1;
	kt_run_to_port(&v, 0x59);
	EQUAL(v.run->if_flag, 0);
	EQUAL(v.run->ready_for_interrupt_injection, 0);
	kt_run_to(&v, KVM_EXIT_IRQ_WINDOW_OPEN);
	EQUAL(v.run->if_flag, 1);
	EQUAL(v.run->ready_for_interrupt_injection, 1);
	v.run->request_interrupt_window = 0;
	EQUAL(interrupt(&v, 0x22), 0);
	kt_run_to_exception(&v, 0x22, &f);
	CHECK(f.rip >= KT_CODE + 7);		/* behind the sti and its shadow */
	EQUAL(f.cs, KT_CS0);
}

static void interrupt_while_masked(void)
{
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, sti_spin);
	kt_run_to_port(&v, 0x59);
	if (!kt_vmx(v.dev))
		SKIP("KVM leaves it to user space to ask first");
	v.run->request_interrupt_window = 1;
	kt_run_to(&v, KVM_EXIT_IRQ_WINDOW_OPEN);
	EQUAL(interrupt(&v, 0x23), 0);
	/* Queued: there is no room for another. */
	v.run->immediate_exit = 1;
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
	EQUAL(v.run->ready_for_interrupt_injection, 0);
	v.run->immediate_exit = 0;
	v.run->request_interrupt_window = 0;
	kt_run_to_exception(&v, 0x23, &f);
}

static void nothing(int sig)
{
	(void)sig;
}

static void start_timer(long ns)
{
	const struct itimerspec every = { { 0, ns }, { 0, ns } };
	const struct sigaction a = { .sa_handler = nothing };
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;

	CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
	CHECK(timer_create(CLOCK_MONOTONIC, &e, &timer) == 0);
	CHECK(timer_settime(timer, 0, &every, NULL) == 0);
}

KT_GUEST(count, "1: inc %rcx; jmp 1b");

/*
 * As a scheduler in user space does it: a timer's signal ends KVM_RUN, kvm_run alone says whether
 * the guest can take an interrupt and where it is, and the next KVM_RUN gives it one.
 */
static void preemption(void)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202 };
	unsigned int taken = 0;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!(kt_cap(v.dev, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS))
		SKIP("no KVM_CAP_SYNC_REGS");
	kt_code(&v, count);
	kt_set_regs(&v, &r);
	v.run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	start_timer(5000000);
	for (int i = 0; i < 20; i++) {
		const struct kvm_regs *now = &v.run->s.regs.regs;
		struct kt_frame f;

		EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
		EQUAL(v.run->exit_reason, KVM_EXIT_INTR);
		EQUAL(v.run->if_flag, 1);
		kt_get_regs(&v, &r);
		CHECK(memcmp(&r, now, sizeof(r)) == 0);
		CHECK(r.rip >= KT_CODE && r.rip < KT_CODE + 5);
		if (!v.run->ready_for_interrupt_injection)
			continue;
		EQUAL(interrupt(&v, 0x20), 0);
		kt_run_to_exception(&v, 0x20, &f);
		EQUAL(f.rip, r.rip);
		EQUAL(f.cs, KT_CS3);
		EQUAL(now->rcx, r.rcx);		/* taken before another instruction */
		EQUAL(v.run->ready_for_interrupt_injection, 0);
		taken++;
	}
	CHECK(taken > 0 && r.rcx > 20);
}

/* Where the guest has IF clear the same exit says that it cannot; its window comes with STI. */
static void preemption_masked(void)
{
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 0);
	if (!(kt_cap(v.dev, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS))
		SKIP("no KVM_CAP_SYNC_REGS");
	kt_code(&v, sti_spin);
	v.run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	kt_run_to_port(&v, 0x59);
	kt_complete(&v);
	EQUAL(v.run->if_flag, 0);
	EQUAL(v.run->ready_for_interrupt_injection, 0);
	EQUAL(v.run->s.regs.regs.rip, KT_CODE + 5);	/* the STI */
	v.run->request_interrupt_window = 1;
	kt_run_to(&v, KVM_EXIT_IRQ_WINDOW_OPEN);
	EQUAL(v.run->ready_for_interrupt_injection, 1);
	CHECK(v.run->s.regs.regs.rip >= KT_CODE + 7);
	v.run->request_interrupt_window = 0;
	EQUAL(interrupt(&v, 0x20), 0);
	kt_run_to_exception(&v, 0x20, &f);
}

static void events(void)
{
	struct kvm_vcpu_events e;
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_VCPU_EVENTS) <= 0)
		SKIP("no KVM_CAP_VCPU_EVENTS");
	kt_code(&v, spin);
	EQUAL(IOCTL(v.vcpu, KVM_GET_VCPU_EVENTS, &e), 0);
	EQUAL(e.exception.injected, 0);
	EQUAL(e.interrupt.injected, 0);
	memset(&e, 0, sizeof(e));
	e.flags = 1U << 30;
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &e), -EINVAL);
	e.flags = 0;
	e.exception.injected = 1;
	e.exception.nr = 32;
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &e), -EINVAL);
	e.exception.nr = 2;
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &e), -EINVAL);
	e.exception.nr = 13;
	e.exception.has_error_code = 1;
	e.exception.error_code = 0x18;
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &e), 0);
	EQUAL(IOCTL(v.vcpu, KVM_GET_VCPU_EVENTS, &e), 0);
	EQUAL(e.exception.nr, 13);
	kt_run_to_exception(&v, 13, &f);
	EQUAL(f.error, 0x18);
	EQUAL(f.rip, KT_CODE);
}

KT_GUEST(nmi_spin, "mov $0x5a, %dx; out %eax, (%dx); 1: pause; jmp 1b");

/* An NMI is given once, and not again before an IRET. */
static void nmi(void)
{
	struct kvm_vcpu_events e;
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev) || kt_cap(v.dev, KVM_CAP_VCPU_EVENTS) <= 0)
		SKIP("by VT-x and KVM_CAP_VCPU_EVENTS");
	kt_code(&v, nmi_spin);
	kt_run_to_port(&v, 0x5a);
	EQUAL(IOCTL(v.vcpu, KVM_GET_VCPU_EVENTS, &e), 0);
	e.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
	e.nmi.pending = 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &e), 0);
	kt_run_to_exception(&v, 2, &f);
	EQUAL(IOCTL(v.vcpu, KVM_GET_VCPU_EVENTS, &e), 0);
	EQUAL(e.nmi.pending, 0);
	EQUAL(e.nmi.masked, 1);
}

/* ---- Guest debugging ------------------------------------------------------------------------ */

KT_GUEST(steps, "nop; inc %rax; nop; mov $0x5b, %dx; out %eax, (%dx); 1: jmp 1b");
KT_GUEST(breaks, "nop; int3; nop; mov $0x5b, %dx; out %eax, (%dx)");

static void debug(struct kt_vm *v, const struct kvm_guest_debug *d)
{
	EQUAL(IOCTL(v->vcpu, KVM_SET_GUEST_DEBUG, d), 0);
}

static void single_step(void)
{
	static const uint64_t rips[] = { 1, 4, 5, 9 };
	struct kvm_guest_debug d = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };
	struct kvm_regs r;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_hardware(v.dev))
		SKIP("not on a software KVM");
	kt_code(&v, steps);
	/*
	 * Once without: an EPT violation at the first instruction is not followed by a step of it,
	 * but Bochs says so.
	 */
	kt_run_to_port(&v, 0x5b);
	kt_complete(&v);
	kt_restart(&v, 3);
	debug(&v, &d);
	for (unsigned int i = 0; i < 4; i++) {
		kt_run_to(&v, KVM_EXIT_DEBUG);
		EQUAL(v.run->debug.arch.exception, 1);
		EQUAL(v.run->debug.arch.pc, KT_CODE + rips[i]);
		CHECK(v.run->debug.arch.dr6 & 1U << 14);
	}
	kt_get_regs(&v, &r);
	CHECK(!(r.rflags & 0x100));		/* TF is the debugger's, not the guest's */
	d.control = 0;
	debug(&v, &d);
	kt_run_to_port(&v, 0x5b);
}

static void breakpoint(void)
{
	struct kvm_guest_debug d = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP };
	struct kt_frame f;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("by VT-x");
	kt_code(&v, breaks);
	debug(&v, &d);
	kt_run_to(&v, KVM_EXIT_DEBUG);
	EQUAL(v.run->debug.arch.exception, 3);
	EQUAL(v.run->debug.arch.pc, KT_CODE + 1);
	/* Without a debugger it is the guest's own. */
	d.control = 0;
	debug(&v, &d);
	kt_run_to_exception(&v, 3, &f);
	EQUAL(f.rip, KT_CODE + 2);
}

static void hardware_breakpoint(void)
{
	struct kvm_guest_debug d = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		.arch.debugreg = { KT_CODE + 4, [7] = 0x403 },
	};
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("by VT-x");
	kt_code(&v, steps);
	debug(&v, &d);
	kt_run_to(&v, KVM_EXIT_DEBUG);
	EQUAL(v.run->debug.arch.exception, 1);
	EQUAL(v.run->debug.arch.pc, KT_CODE + 4);
	CHECK(v.run->debug.arch.dr6 & 1);
	d.control = 0;
	debug(&v, &d);
	kt_run_to_port(&v, 0x5b);
}

static const struct kt_test tests[] = {
	{ .name = "interrupts", .run = interrupts },
	{ .name = "interrupt_window", .run = interrupt_window },
	{ .name = "interrupt_queued", .run = interrupt_while_masked },
	{ .name = "preemption", .run = preemption },
	{ .name = "preemption_masked", .run = preemption_masked },
	{ .name = "events", .run = events },
	{ .name = "nmi", .run = nmi },
	{ .name = "single_step", .run = single_step },
	{ .name = "breakpoint", .run = breakpoint },
	{ .name = "hardware_breakpoint", .run = hardware_breakpoint },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/events", tests, sizeof(tests) / sizeof(tests[0]));
}
