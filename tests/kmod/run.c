/* SPDX-License-Identifier: MIT */
/*
 * KVM_RUN and its exits: port I/O and when RIP advances, HLT, shutdown, immediate_exit, signals,
 * sync regs, ioeventfd, the segments of the process.  Interrupts and debugging are events.c's.
 */
#include <asm/ldt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "kt.h"

static void start_at(struct kt_vm *v, uint64_t rflags)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = rflags };

	kt_set_regs(v, &r);
}

static uint64_t rip_of(struct kt_vm *v)
{
	struct kvm_regs r;

	kt_get_regs(v, &r);
	return r.rip;
}

/* ---- Port I/O ------------------------------------------------------------------------------- */

KT_GUEST(outs, "mov $0x11223344, %eax; mov $0x50, %dx; out %al, (%dx); out %ax, (%dx);"
	 "out %eax, (%dx); 1: jmp 1b");
KT_GUEST(ins, "mov $-1, %rax; mov $0x51, %dx; in (%dx), %al; mov %rax, %rbx; mov $-1, %rax;"
	 "in (%dx), %ax; mov %rax, %rcx; mov $-1, %rax; in (%dx), %eax; mov %rax, %rsi;"
	 "mov $0x52, %dx; out %eax, (%dx)");
/* Two bytes of instruction each. */
KT_GUEST(out_imm, "out %al, $0x53; out %al, $0x54; out %al, $0x55; 1: jmp 1b");

static void port_out(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, outs);
	for (unsigned int size = 1; size <= 4; size *= 2) {
		uint32_t got = 0;

		kt_run_to_port(&v, 0x50);
		EQUAL(v.run->io.direction, KVM_EXIT_IO_OUT);
		EQUAL(v.run->io.size, size);
		EQUAL(v.run->io.count, 1);
		CHECK(v.run->io.data_offset + size <= v.run_size);
		memcpy(&got, (uint8_t *)v.run + v.run->io.data_offset, size);
		EQUAL(got, 0x11223344 & (0xffffffffUL >> (32 - 8 * size)));
	}
}

static void port_in(void)
{
	static const uint32_t answer = 0xa1b2c3d4;
	struct kvm_regs r;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, ins);
	for (unsigned int size = 1; size <= 4; size *= 2) {
		kt_run_to_port(&v, 0x51);
		EQUAL(v.run->io.direction, KVM_EXIT_IO_IN);
		EQUAL(v.run->io.size, size);
		memcpy((uint8_t *)v.run + v.run->io.data_offset, &answer, size);
	}
	kt_run_to_port(&v, 0x52);
	kt_get_regs(&v, &r);
	EQUAL(r.rbx, 0xffffffffffffffd4);
	EQUAL(r.rcx, 0xffffffffffffc3d4);
	EQUAL(r.rsi, 0xa1b2c3d4);		/* 32 bits clear the upper half */
}

/* RIP stands on the instruction until the next KVM_RUN, which may end before the one after it. */
static void rip_at_exit(void)
{
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, out_imm);
	kt_run_to_port(&v, 0x53);
	if (rip_of(&v) != KT_CODE && !kt_is_mvm(v.dev) && !kt_vmx(v.dev))
		SKIP("RIP is %#lx at the exit: as AMD's next RIP has it", (long)rip_of(&v));
	EQUAL(rip_of(&v), KT_CODE);
	kt_complete(&v);
	EQUAL(rip_of(&v), KT_CODE + 2);
	kt_run_to_port(&v, 0x54);
	/* User space moved it: it stays where it was put. */
	start_at(&v, 2);
	kt_run_to_port(&v, 0x53);
}

static void rip_moved(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("depends on the processor");
	kt_code(&v, out_imm);
	kt_run_to_port(&v, 0x53);
	struct kvm_regs r;
	kt_get_regs(&v, &r);
	r.rip = KT_CODE + 4;
	kt_set_regs(&v, &r);
	kt_run_to_port(&v, 0x55);
}

KT_GUEST(string_io, "mov $0x56, %dx; lea (%rdi), %rsi; mov $4, %ecx; rep outsb; 1: jmp 1b");

/* With an emulator the bytes come; without one there is an internal error, and never more. */
static void string_out(void)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = KT_DATA };
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, string_io);
	kt_set_regs(&v, &r);
	EQUAL(kt_run(&v), 0);
	if (v.run->exit_reason == KVM_EXIT_INTERNAL_ERROR) {
		EQUAL(v.run->internal.suberror, KVM_INTERNAL_ERROR_EMULATION);
	} else {
		EQUAL(v.run->exit_reason, KVM_EXIT_IO);
		EQUAL(v.run->io.port, 0x56);
		CHECK(v.run->io.count >= 1 && v.run->io.count <= 4);
	}
}

/* ---- Ends ----------------------------------------------------------------------------------- */

KT_GUEST(halt, "hlt; mov $0x57, %dx; out %eax, (%dx)");
KT_GUEST(crash, "lidt (%rdi); ud2");

static void hlt(void)
{
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, halt);
	kt_run_to(&v, KVM_EXIT_HLT);
	EQUAL(rip_of(&v), KT_CODE + 1);
	kt_run_to_port(&v, 0x57);
}

static void shutdown_exit(void)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 2, .rdi = KT_DATA };
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, crash);		/* KT_DATA is zero: an IDT without entries */
	kt_set_regs(&v, &r);
	kt_run_to(&v, KVM_EXIT_SHUTDOWN);
	if (!kt_vmx(v.dev))
		return;			/* what is left is undefined after a shutdown of SVM */
	kt_restart(&v, 0);
	kt_code(&v, halt);
	kt_run_to(&v, KVM_EXIT_HLT);
}

/* ---- Being stopped -------------------------------------------------------------------------- */

KT_GUEST(spin, "1: pause; jmp 1b");
KT_GUEST(out_once, "mov $0x58, %dx; out %eax, (%dx); 1: jmp 1b");

static void immediate_exit(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, out_once);
	v.run->immediate_exit = 1;
	for (int i = 0; i < 3; i++) {
		EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
		EQUAL(rip_of(&v), KT_CODE);
	}
	v.run->immediate_exit = 0;
	kt_run_to_port(&v, 0x58);
}

static pthread_t runner;
static struct kt_vm *running;

static void nothing(int sig)
{
	(void)sig;
}

static void on_signal(int sig, void (*handler)(int))
{
	struct sigaction a = { .sa_handler = handler };

	sigaction(sig, &a, NULL);
}

static void *kicks(void *arg)
{
	kt_pause(20000);
	pthread_kill(runner, (int)(intptr_t)arg);
	return NULL;
}

static void kick_me(int sig)
{
	pthread_t t;

	runner = pthread_self();
	CHECK(pthread_create(&t, NULL, kicks, (void *)(intptr_t)sig) == 0);
	pthread_detach(t);
}

static void signal_ends_run(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, spin);
	on_signal(SIGUSR1, nothing);
	for (int i = 0; i < 3; i++) {
		kick_me(SIGUSR1);
		EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
		EQUAL(v.run->exit_reason, KVM_EXIT_INTR);
	}
}

static void signal_mask(void)
{
	struct { struct kvm_signal_mask head; uint8_t set[8]; } m = { .head.len = 8 };
	struct timespec now = { 0 };
	sigset_t block;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, spin);
	on_signal(SIGUSR1, nothing);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &block, NULL) == 0);
	m.head.len = 4;
	EQUAL(IOCTL(v.vcpu, KVM_SET_SIGNAL_MASK, &m), -EINVAL);
	m.head.len = 16;
	EQUAL(IOCTL(v.vcpu, KVM_SET_SIGNAL_MASK, &m), -EINVAL);
	m.head.len = 8;			/* none blocked while the guest runs */
	EQUAL(IOCTL(v.vcpu, KVM_SET_SIGNAL_MASK, &m), 0);
	kick_me(SIGUSR1);
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
	/* It ended the run, but is still to be taken: outside it is blocked. */
	EQUAL(sigtimedwait(&block, NULL, &now), SIGUSR1);
	EQUAL(IOCTL(v.vcpu, KVM_SET_SIGNAL_MASK, 0), 0);
	sigprocmask(SIG_SETMASK, NULL, &block);
	CHECK(sigismember(&block, SIGUSR1));
}

/* ---- Sync regs ------------------------------------------------------------------------------ */

static void sync_regs(void)
{
	struct kt_vm v;
	int fields;

	kt_start(&v, 3);
	fields = kt_cap(v.dev, KVM_CAP_SYNC_REGS);
	if (fields <= 0)
		SKIP("no KVM_CAP_SYNC_REGS");
	EQUAL(fields, KVM_SYNC_X86_VALID_FIELDS);
	kt_code(&v, out_once);
	v.run->kvm_valid_regs = 1U << 31;
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINVAL);
	v.run->kvm_valid_regs = (uint32_t)fields;
	v.run->kvm_dirty_regs = 1U << 31;
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINVAL);
	v.run->kvm_dirty_regs = 0;
	kt_run_to_port(&v, 0x58);
	EQUAL(v.run->s.regs.regs.rip, rip_of(&v));
	EQUAL(v.run->s.regs.regs.rdx, 0x58);
	EQUAL(v.run->s.regs.sregs.cr3, KT_PML4);
	kt_complete(&v);
	/* What is named dirty is taken, what is not is not. */
	v.run->s.regs.regs.rip = KT_CODE;
	v.run->s.regs.regs.rbx = 0x1234;
	v.run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	kt_run_to_port(&v, 0x58);
	EQUAL(v.run->s.regs.regs.rbx, 0x1234);
	EQUAL(v.run->kvm_dirty_regs, 0);
	v.run->s.regs.regs.rbx = 0x4321;
	v.run->kvm_valid_regs = 0;
	kt_complete(&v);
	struct kvm_regs r;
	kt_get_regs(&v, &r);
	EQUAL(r.rbx, 0x1234);
	/* Registers that the ioctl would refuse are refused here too. */
	v.run->s.regs.sregs.cr4 |= 1UL << 31;
	v.run->kvm_dirty_regs = KVM_SYNC_X86_SREGS;
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINVAL);
}

/* ---- ioeventfd ------------------------------------------------------------------------------ */

KT_GUEST(bells, "mov $0x60, %dx; mov $7, %eax; out %eax, (%dx); out %ax, (%dx);"
	 "mov $8, %eax; mov $0x60, %dx; out %eax, (%dx); mov $0x61, %dx; out %eax, (%dx);"
	 "1: jmp 1b");

static long ioevent(struct kt_vm *v, int fd, uint16_t port, uint32_t len, uint32_t flags,
		    uint64_t match)
{
	struct kvm_ioeventfd e = {
		.fd = fd, .addr = port, .len = len, .datamatch = match,
		.flags = flags | KVM_IOEVENTFD_FLAG_PIO,
	};

	return IOCTL(v->vm, KVM_IOEVENTFD, &e);
}

static uint64_t taken(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 ? n : 0;
}

static void ioeventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_IOEVENTFD) <= 0)
		SKIP("no KVM_CAP_IOEVENTFD");
	kt_code(&v, bells);
	EQUAL(ioevent(&v, fd, 0x60, 4, 0, 0), 0);
	kt_run_to_port(&v, 0x60);		/* two bytes are another length */
	EQUAL(v.run->io.size, 2);
	EQUAL(taken(fd), 1);
	kt_run_to_port(&v, 0x61);
	EQUAL(taken(fd), 1);
	kt_complete(&v);
	EQUAL(ioevent(&v, fd, 0x60, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0), 0);
	start_at(&v, 0x3202);
	kt_run_to_port(&v, 0x60);
	EQUAL(v.run->io.size, 4);
	kt_complete(&v);
	/* Only this value. */
	EQUAL(ioevent(&v, fd, 0x60, 4, KVM_IOEVENTFD_FLAG_DATAMATCH, 8), 0);
	start_at(&v, 0x3202);
	kt_run_to_port(&v, 0x60);
	EQUAL(v.run->io.size, 4);
	kt_run_to_port(&v, 0x60);
	EQUAL(v.run->io.size, 2);
	kt_run_to_port(&v, 0x61);
	EQUAL(taken(fd), 1);
}

static void ioeventfd_refused(void)
{
	int fd = eventfd(0, EFD_NONBLOCK), other = eventfd(0, EFD_NONBLOCK), p[2];
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_IOEVENTFD) <= 0)
		SKIP("no KVM_CAP_IOEVENTFD");
	CHECK(pipe(p) == 0);
	EQUAL(ioevent(&v, fd, 0x60, 3, 0, 0), -EINVAL);
	EQUAL(ioevent(&v, fd, 0x60, 16, 0, 0), -EINVAL);
	EQUAL(ioevent(&v, fd, 0x60, 4, 1U << 30, 0), -EINVAL);
	EQUAL(ioevent(&v, -1, 0x60, 4, 0, 0), -EBADF);
	EQUAL(ioevent(&v, p[0], 0x60, 4, 0, 0), -EINVAL);
	EQUAL(ioevent(&v, fd, 0x60, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0), -ENOENT);
	EQUAL(ioevent(&v, fd, 0x60, 4, 0, 0), 0);
	EQUAL(ioevent(&v, fd, 0x60, 4, 0, 0), -EEXIST);
	EQUAL(ioevent(&v, other, 0x60, 4, 0, 0), -EEXIST);
	EQUAL(ioevent(&v, other, 0x60, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0), -ENOENT);
	EQUAL(ioevent(&v, other, 0x61, 4, 0, 0), 0);
	/* Left as it is: the VM's end takes them away. */
	close(fd);
}

static void *pokes(void *arg)
{
	struct kvm_regs r;

	(void)arg;
	/* Waits for the vCPU's lock; the signal sees to it that it gets its turn. */
	EQUAL(IOCTL(running->vcpu, KVM_GET_REGS, &r), 0);
	CHECK(r.rip >= KT_CODE && r.rip < KT_CODE + 4);
	return NULL;
}

/* A vCPU is one thread's at a time: another one's ioctl waits until the guest has left. */
static void one_at_a_time(void)
{
	pthread_t t;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, spin);
	on_signal(SIGUSR1, nothing);
	running = &v;
	kick_me(SIGUSR1);
	CHECK(pthread_create(&t, NULL, pokes, NULL) == 0);
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EINTR);
	pthread_join(t, NULL);
}

/* ---- What of the process the guest must leave as it was ------------------------------------- */

KT_GUEST(for_ever, "1: out %al, $0x10; jmp 1b");

struct selectors { uint16_t ds, es, gs, ldt; uint32_t gs0; };

static struct selectors selectors_now(void)
{
	struct selectors s;

	__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%gs, %2; sldt %3; mov %%gs:0, %4"
			 : "=r"(s.ds), "=r"(s.es), "=r"(s.gs), "=r"(s.ldt), "=r"(s.gs0));
	return s;
}

/* Segments that no 64-bit process has by itself, one of them in an LDT with a base of its own. */
static void selectors(void)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct user_desc d = {
		.entry_number = 1, .base_addr = (uint32_t)(uintptr_t)word, .limit = 0xfff,
		.seg_32bit = 1, .useable = 1,
	};
	struct selectors before, after;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, for_ever);
	kt_run_to_port(&v, 0x10);
	CHECK(word != MAP_FAILED);
	*word = 0x12345678;
	if (syscall(SYS_modify_ldt, 1, &d, sizeof(d)) < 0)
		SKIP("no modify_ldt");
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%gs" : : "r"(0x2b), "r"(1 << 3 | 7));
	before = selectors_now();
	EQUAL(before.gs0, 0x12345678);
	for (int i = 0; i < 20; i++) {
		EQUAL(kt_run(&v), 0);
		after = selectors_now();
		CHECK(memcmp(&before, &after, sizeof(before)) == 0);
	}
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs" : : "r"(0));
	kt_run_to_port(&v, 0x10);
}

static const struct kt_test tests[] = {
	{ .name = "port_out", .run = port_out },
	{ .name = "port_in", .run = port_in },
	{ .name = "rip_at_exit", .run = rip_at_exit },
	{ .name = "rip_moved", .run = rip_moved },
	{ .name = "string_out", .run = string_out },
	{ .name = "hlt", .run = hlt },
	{ .name = "shutdown", .run = shutdown_exit },
	{ .name = "immediate_exit", .run = immediate_exit },
	{ .name = "selectors", .run = selectors },
	{ .name = "signal", .run = signal_ends_run },
	{ .name = "signal_mask", .run = signal_mask },
	{ .name = "sync_regs", .run = sync_regs },
	{ .name = "ioeventfd", .run = ioeventfd },
	{ .name = "ioeventfd_refused", .run = ioeventfd_refused },
	{ .name = "one_at_a_time", .run = one_at_a_time },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/run", tests, sizeof(tests) / sizeof(tests[0]));
}
