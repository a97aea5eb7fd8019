/* SPDX-License-Identifier: MIT */
/*
 * Guests that do what no good guest does: privileged and VMX instructions, reserved bits,
 * exceptions without end, tables that lead nowhere.  Each ends in an exception of its own or in an
 * exit; the vCPU is good for another start afterwards.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kt.h"

#define VA	(KT_DATA + 0x4000)	/* a page whose entry the tests change */
#define UD	6
#define GP	13
#define PF	14

struct trial {
	const char *name;
	uint8_t code[12];
	unsigned int vector;
};

#define DX_OUT	0x66, 0xba, 0x70, 0x00, 0xef	/* mov $0x70, %dx; out %eax, (%dx) */

static void try_all(struct kt_vm *v, unsigned int ring, const struct trial *t, unsigned int n)
{
	static const uint8_t after[] = { DX_OUT };

	for (unsigned int i = 0; i < n; i++) {
		struct kt_frame f;
		struct kvm_regs r;
		long err;

		memset(v->ram + KT_CODE, 0x90, 16);
		memcpy(v->ram + KT_CODE, t[i].code, sizeof(t[i].code));
		memcpy(v->ram + KT_CODE + 16, after, sizeof(after));
		kt_restart(v, ring);
		kt_get_regs(v, &r);
		r.rdi = KT_DATA;
		r.rflags = 2;
		kt_set_regs(v, &r);
		err = kt_run(v);
		if (err < 0 || v->run->exit_reason != KVM_EXIT_IO ||
		    v->run->io.port != KT_PORT(t[i].vector))
			FAIL("%s in ring %u: %s, expected exception %u", t[i].name, ring,
			     err < 0 ? strerror((int)-err) : kt_exit_name(v), t[i].vector);
		kt_get_regs(v, &r);
		memcpy(&f, v->ram + r.rsp, sizeof(f));
		if (f.rip != KT_CODE)
			FAIL("%s in ring %u: exception at %#lx", t[i].name, ring, (long)f.rip);
		kt_complete(v);
	}
}

#define VMX_INSTRUCTIONS \
	{ "vmcall", { 0x0f, 0x01, 0xc1 }, UD }, \
	{ "vmlaunch", { 0x0f, 0x01, 0xc2 }, UD }, \
	{ "vmresume", { 0x0f, 0x01, 0xc3 }, UD }, \
	{ "vmxoff", { 0x0f, 0x01, 0xc4 }, UD }, \
	{ "vmfunc", { 0x0f, 0x01, 0xd4 }, UD }, \
	{ "vmread", { 0x0f, 0x78, 0xc8 }, UD }, \
	{ "vmwrite", { 0x0f, 0x79, 0xc8 }, UD }, \
	{ "vmptrld", { 0x0f, 0xc7, 0x37 }, UD }, \
	{ "vmptrst", { 0x0f, 0xc7, 0x3f }, UD }, \
	{ "vmclear", { 0x66, 0x0f, 0xc7, 0x37 }, UD }, \
	{ "vmxon", { 0xf3, 0x0f, 0xc7, 0x37 }, UD }, \
	{ "invept", { 0x66, 0x0f, 0x38, 0x80, 0x07 }, UD }, \
	{ "invvpid", { 0x66, 0x0f, 0x38, 0x81, 0x07 }, UD }

/* VMX and SVM, in both rings: the guest's CPUID has neither. */
static void vmx_instructions(void)
{
	static const struct trial t[] = { VMX_INSTRUCTIONS };
	const unsigned int n = sizeof(t) / sizeof(t[0]);
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("by VT-x");
	/* KVM answers VMCALL and VMFUNC itself, in ways of its own. */
	if (kt_is_mvm(v.dev)) {
		try_all(&v, 3, t, n);
		try_all(&v, 0, t, n);
	} else {
		try_all(&v, 3, t + 1, 3);
		try_all(&v, 3, t + 5, n - 5);
		try_all(&v, 0, t + 1, 3);
		try_all(&v, 0, t + 5, n - 5);
	}
}

static void privileged(void)
{
	static const struct trial t[] = {
		{ "hlt", { 0xf4 }, GP },
		{ "cli", { 0xfa }, GP },		/* IOPL is 0 here */
		{ "sti", { 0xfb }, GP },
		{ "out", { 0xe6, 0x70 }, GP },		/* where the TSS's map says no */
		{ "mov cr0", { 0x0f, 0x20, 0xc0 }, GP },
		{ "mov to cr3", { 0x0f, 0x22, 0xd8 }, GP },
		{ "mov to cr4", { 0x0f, 0x22, 0xe0 }, GP },
		{ "mov cr8", { 0x44, 0x0f, 0x20, 0xc0 }, GP },
		{ "mov dr7", { 0x0f, 0x21, 0xf8 }, GP },
		{ "clts", { 0x0f, 0x06 }, GP },
		{ "lmsw", { 0x0f, 0x01, 0xf0 }, GP },
		{ "lgdt", { 0x0f, 0x01, 0x17 }, GP },
		{ "lidt", { 0x0f, 0x01, 0x1f }, GP },
		{ "lldt", { 0x0f, 0x00, 0xd0 }, GP },
		{ "ltr", { 0x0f, 0x00, 0xd8 }, GP },
		{ "invlpg", { 0x0f, 0x01, 0x3f }, GP },
		{ "invd", { 0x0f, 0x08 }, GP },
		{ "wbinvd", { 0x0f, 0x09 }, GP },
		{ "rdmsr", { 0x0f, 0x32 }, GP },
		{ "wrmsr", { 0x0f, 0x30 }, GP },
		{ "swapgs", { 0x0f, 0x01, 0xf8 }, GP },
		{ "sysret", { 0x0f, 0x07 }, GP },
		{ "int $0x40", { 0xcd, 0x40 }, GP },	/* behind the IDT's end */
		{ "ud2", { 0x0f, 0x0b }, UD },
	};
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_hardware(v.dev))
		SKIP("a software KVM has its own ways");
	memset(v.ram + KT_TSS + 0x68, 0xff, 0x70 / 8 + 1);
	try_all(&v, 3, t, sizeof(t) / sizeof(t[0]));
}

/* In ring 0, where they are allowed: values that no processor takes. */
static void control_registers(void)
{
	static const struct trial t[] = {
		{ "mov $1<<63, cr0", { 0x48, 0x0f, 0xba, 0xe8, 0x3f, 0x0f, 0x22, 0xc0 }, GP },
		{ "mov 0, cr4", { 0x31, 0xc0, 0x0f, 0x22, 0xe0 }, GP },
		{ "mov $VMXE, cr4", { 0x0f, 0x20, 0xe0, 0x0f, 0xba, 0xe8, 0x0d, 0x0f, 0x22, 0xe0 },
		  GP },
		{ "mov $1<<60, cr3", { 0x48, 0x0f, 0xba, 0xe8, 0x3c, 0x0f, 0x22, 0xd8 }, GP },
		{ "xsetbv without OSXSAVE", { 0x0f, 0x01, 0xd1 }, UD },
	};
	struct kt_vm v;

	kt_start(&v, 0);
	if (!kt_vmx(v.dev))
		SKIP("by VT-x");
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(v.ram + KT_CODE, 0x90, 32);
		memcpy(v.ram + KT_CODE, t[i].code, sizeof(t[i].code));
		kt_restart(&v, 0);
		if (kt_run(&v) || v.run->exit_reason != KVM_EXIT_IO ||
		    v.run->io.port != KT_PORT(t[i].vector))
			FAIL("%s: %s, expected exception %u", t[i].name, kt_exit_name(&v),
			     t[i].vector);
		kt_complete(&v);
	}
}

/* ---- Paging --------------------------------------------------------------------------------- */

KT_GUEST(touch, "mov (%rdi), %eax; mov $0x70, %dx; out %eax, (%dx)");
KT_GUEST(store, "movl $1, (%rdi); mov $0x70, %dx; out %eax, (%dx)");
KT_GUEST(jump, "jmp *%rdi");

static void run_with(struct kt_vm *v, unsigned int ring, uint64_t rdi)
{
	struct kvm_regs r;

	kt_restart(v, ring);
	kt_get_regs(v, &r);
	r.rdi = rdi;
	kt_set_regs(v, &r);
}

static void set_pte(struct kt_vm *v, uint64_t va, uint64_t pte)
{
	memcpy(v->ram + KT_PT + 8 * (va >> 12), &pte, 8);
}

/* A new address space as far as the processor knows: CR3 is loaded with KVM_SET_SREGS. */
static void fault(struct kt_vm *v, unsigned int ring, uint64_t va, uint64_t pte, uint64_t error)
{
	struct kt_frame f;
	struct kvm_sregs s;

	set_pte(v, VA, pte);
	run_with(v, ring, va);
	kt_run_to_exception(v, PF, &f);
	if (f.error != error)
		FAIL("#PF of entry %#lx in ring %u has error code %#lx, expected %#lx", (long)pte,
		     ring, (long)f.error, (long)error);
	kt_get_sregs(v, &s);
	EQUAL(s.cr2, va);
	kt_complete(v);
}

static void page_faults(void)
{
	const uint64_t p = KT_PTE_P, w = KT_PTE_W, u = KT_PTE_U, frame = KT_DATA;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, touch);
	fault(&v, 3, VA, 0, 4);
	fault(&v, 3, VA, frame | p | w, 5);		/* the supervisor's */
	fault(&v, 0, VA, 0, 0);
	kt_code(&v, store);
	fault(&v, 3, VA, frame | p | u, 7);		/* read-only */
	fault(&v, 0, VA, frame | p | u, 3);		/* and CR0.WP */
	fault(&v, 3, VA, 0, 6);
	kt_code(&v, jump);
	fault(&v, 3, VA, frame | p | u | w | KT_PTE_NX, 0x15);
	fault(&v, 3, VA, 0, 0x14);
}

static void reserved_bits(void)
{
	const uint64_t all = KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm v;
	uint64_t pde, bad;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("by VT-x");
	kt_code(&v, touch);
	fault(&v, 3, VA, KT_DATA | all | 1UL << 51, 0xd);
	/* A 2 MiB page whose frame is not on its boundary. */
	memcpy(&pde, v.ram + KT_PD + 8 * (KT_LARGE >> 21), 8);
	bad = pde | 1UL << 14;
	memcpy(v.ram + KT_PD + 8 * (KT_LARGE >> 21), &bad, 8);
	fault(&v, 3, KT_LARGE, 0, 0xd);
	memcpy(v.ram + KT_PD + 8 * (KT_LARGE >> 21), &pde, 8);
	/* PS in the PML4. */
	bad = KT_PDPT | all | KT_PTE_PS;
	memcpy(v.ram + KT_PML4 + 8, &bad, 8);
	fault(&v, 3, 1UL << 39, 0, 0xd);
}

static void accessed_and_dirty(void)
{
	const uint64_t all = KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm v;
	uint64_t pte;

	kt_start(&v, 3);
	set_pte(&v, VA, KT_DATA | all);
	kt_code(&v, touch);
	run_with(&v, 3, VA);
	kt_run_to_port(&v, 0x70);
	kt_complete(&v);
	memcpy(&pte, v.ram + KT_PT + 8 * (VA >> 12), 8);
	EQUAL(pte, KT_DATA | all | KT_PTE_A);
	kt_code(&v, store);
	run_with(&v, 3, VA);
	kt_run_to_port(&v, 0x70);
	memcpy(&pte, v.ram + KT_PT + 8 * (VA >> 12), 8);
	EQUAL(pte, KT_DATA | all | KT_PTE_A | KT_PTE_D);
	memcpy(&pte, v.ram + KT_PML4, 8);
	CHECK(pte & KT_PTE_A);
}

/* ---- Without end ---------------------------------------------------------------------------- */

KT_GUEST(faults_for_ever, "1: mov (%rdi), %eax; jmp 1b");
KT_GUEST(ud2, "ud2");

static pthread_t runner;

static void nothing(int sig)
{
	(void)sig;
}

static void *kicks(void *arg)
{
	(void)arg;
	kt_pause(50000);
	pthread_kill(runner, SIGUSR1);
	return NULL;
}

static long run_for_a_while(struct kt_vm *v)
{
	struct sigaction a = { .sa_handler = nothing };
	pthread_t t;
	long r;

	sigaction(SIGUSR1, &a, NULL);
	runner = pthread_self();
	CHECK(pthread_create(&t, NULL, kicks, NULL) == 0);
	r = IOCTL(v->vcpu, KVM_RUN, 0);
	pthread_join(t, NULL);
	return r;
}

/* Tables, stacks and descriptors where there is no memory. */
static void lost(void)
{
	const struct kvm_vcpu_events none = { 0 };
	struct kvm_sregs s;
	struct kt_vm v;
	uint64_t pte;

	kt_start(&v, 3);
	kt_code(&v, touch);
	if (!kt_is_mvm(v.dev))
		SKIP("an emulator may try for ever");
	/* CR3 there: no instruction can be fetched, and no exception delivered. */
	kt_get_sregs(&v, &s);
	s.cr3 = 0x3000000000 & ((1UL << 36) - 1);
	EQUAL(IOCTL(v.vcpu, KVM_SET_SREGS, &s), 0);
	EQUAL(run_for_a_while(&v), 0);
	CHECK(v.run->exit_reason == KVM_EXIT_INTERNAL_ERROR ||
	      v.run->exit_reason == KVM_EXIT_SHUTDOWN);
	/* The IDT there. */
	kt_restart(&v, 3);
	pte = 0x40000000 | KT_PTE_P | KT_PTE_W | KT_PTE_U;
	memcpy(v.ram + KT_PT + 8 * (KT_IDT >> 12), &pte, 8);
	run_with(&v, 3, 0xdead0000000);
	EQUAL(run_for_a_while(&v), 0);
	CHECK(v.run->exit_reason == KVM_EXIT_INTERNAL_ERROR ||
	      v.run->exit_reason == KVM_EXIT_SHUTDOWN);
	kt_tables(v.ram);
	/* What was being delivered would be delivered again. */
	EQUAL(IOCTL(v.vcpu, KVM_SET_VCPU_EVENTS, &none), 0);
	/* Code there. */
	kt_code(&v, jump);
	set_pte(&v, VA, 0x40000000 | KT_PTE_P | KT_PTE_U);
	run_with(&v, 3, VA);
	kt_run_to(&v, KVM_EXIT_INTERNAL_ERROR);
	EQUAL(v.run->internal.suberror, KVM_INTERNAL_ERROR_EMULATION);
	kt_restart(&v, 3);
	kt_code(&v, touch);
	run_with(&v, 3, KT_DATA);
	kt_run_to_port(&v, 0x70);
}

/* A handler that comes back to the instruction that faults: the host can always stop it. */
static void exception_loop(void)
{
	/* add $8, %rsp; iretq */
	static const uint8_t back[] = { 0x48, 0x83, 0xc4, 0x08, 0x48, 0xcf };
	struct kt_vm v;

	kt_start(&v, 3);
	memcpy(v.ram + KT_STUBS + 16 * PF, back, sizeof(back));
	kt_code(&v, faults_for_ever);
	set_pte(&v, VA, 0);
	run_with(&v, 3, VA);
	EQUAL(run_for_a_while(&v), -EINTR);
	EQUAL(run_for_a_while(&v), -EINTR);
}

/*
 * An exception whose handler's gate leads to the same exception, in ring 0 without a stack switch:
 * the stack runs out of memory, and that is a triple fault at last.
 */
static void exceptions_on_the_stack(void)
{
	struct kt_vm v;

	kt_start(&v, 0);
	if (!kt_hardware(v.dev))
		SKIP("a software KVM has its own ways");
	v.ram[KT_STUBS + 16 * UD] = 0x0f;
	v.ram[KT_STUBS + 16 * UD + 1] = 0x0b;
	kt_code(&v, ud2);
	EQUAL(kt_run(&v), 0);
	CHECK(v.run->exit_reason == KVM_EXIT_SHUTDOWN || v.run->exit_reason == KVM_EXIT_IO ||
	      v.run->exit_reason == KVM_EXIT_INTERNAL_ERROR);
}

/*
 * The processor's own loop: a breakpoint on what the delivery of #DB writes makes the next #DB
 * before an instruction is executed.
 */
static void debug_loop(void)
{
	struct kvm_debugregs d = { .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	struct kt_vm v;
	long r;

	kt_start(&v, 0);
	if (!kt_hardware(v.dev) || kt_cap(v.dev, KVM_CAP_DEBUGREGS) <= 0)
		SKIP("debug registers are the processor's");
	d.db[0] = KT_STACK - 8;
	d.db[1] = KT_STACK - 16;
	d.db[2] = KT_STACK - 24;
	d.db[3] = KT_STACK - 32;
	d.dr7 = 0x400 | 0xff | 0x99990000;
	EQUAL(IOCTL(v.vcpu, KVM_SET_DEBUGREGS, &d), 0);
	kt_code(&v, ud2);
	r = run_for_a_while(&v);
	CHECK(r == 0 || r == -EINTR);
}

/* The interrupted exception survives what delivering it runs into (IDT-vectoring). */
static void fault_while_delivering(void)
{
	struct kt_frame f;
	struct kvm_regs r;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_hardware(v.dev))
		SKIP("a software KVM has its own ways");
	/* The ring-0 stack is a page that the second stage has never seen: delivery violates it. */
	madvise(v.ram + KT_RSP0 - 4096, 4096, MADV_DONTNEED);
	kt_code(&v, ud2);
	kt_run_to_exception(&v, UD, &f);
	EQUAL(f.rip, KT_CODE);
	EQUAL(f.cs, KT_CS3);
	EQUAL(f.rsp, KT_STACK);
	kt_complete(&v);
	/* With an error code too. */
	madvise(v.ram + KT_RSP0 - 4096, 4096, MADV_DONTNEED);
	kt_code(&v, touch);
	kt_restart(&v, 3);
	kt_get_regs(&v, &r);
	r.rdi = 0x800000000000;			/* not canonical: #GP(0) */
	kt_set_regs(&v, &r);
	kt_run_to_exception(&v, GP, &f);
	EQUAL(f.error, 0);
	EQUAL(f.rip, KT_CODE);
}

static const struct kt_test tests[] = {
	{ .name = "vmx_instructions", .run = vmx_instructions },
	{ .name = "privileged", .run = privileged },
	{ .name = "control_registers", .run = control_registers },
	{ .name = "page_faults", .run = page_faults },
	{ .name = "reserved_bits", .run = reserved_bits },
	{ .name = "accessed_and_dirty", .run = accessed_and_dirty },
	{ .name = "lost", .run = lost },
	{ .name = "exception_loop", .run = exception_loop },
	{ .name = "exceptions_on_the_stack", .run = exceptions_on_the_stack },
	{ .name = "debug_loop", .run = debug_loop },
	{ .name = "fault_while_delivering", .run = fault_while_delivering },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/hostile", tests, sizeof(tests) / sizeof(tests[0]));
}
