/* SPDX-License-Identifier: MIT */
/*
 * The guests of the differential rig.  An exception leaves by `out` to port 0x80 + vector; where
 * the guest is to go on behind the instruction, the rig starts it there again.
 */
#include "diff.h"

#include <stdio.h>

KT_GUEST(io, "mov $0x1122334455667788, %rax; out %al, $0x10; out %ax, $0x11; out %eax, $0x12;"
	"mov $0x3f8, %dx; out %al, %dx; out %ax, %dx; out %eax, %dx; in $0x60, %al; in $0x61, %ax;"
	"in $0x62, %eax; in %dx, %al; in %dx, %ax; in %dx, %eax; mov $0xffff, %dx; out %al, %dx;"
	"in %dx, %al; out %al, $0x10; .byte 0xf3; out %al, $0x10; hlt");
static void run_io(void)
{
	diff_run(3, io, io_end, 40);
}

static void run_io0(void)
{
	diff_run(0, io, io_end, 40);
}

/* Faulting instructions of three bytes or less, each padded to 16. */
KT_GUEST(faults,
	".balign 16; .byte 0xf4; .balign 16, 0x90; .byte 0xfa; .balign 16, 0x90; .byte 0x0f, 0x0b;"
	".balign 16, 0x90; int3; .balign 16, 0x90; int $0x20; .balign 16, 0x90; int $0x80;"
	".balign 16, 0x90; xor %ecx, %ecx; div %ecx; .balign 16, 0x90; mov %cr0, %rax;"
	".balign 16, 0x90; mov %rax, %cr3; .balign 16, 0x90; rdmsr; .balign 16, 0x90; wrmsr;"
	".balign 16, 0x90; lgdt (%rax); .balign 16, 0x90; ltr %ax; .balign 16, 0x90; clts;"
	".balign 16, 0x90; mov 0x40000000, %eax; .balign 16, 0x90; mov %eax, 0x40000000;"
	".balign 16, 0x90; movabs %al, 0x8000000000000000; .balign 16, 0x90; mov $0x99, %eax;"
	"mov %eax, %ss;"
	".balign 16, 0x90; mov $0x2b, %eax; mov %eax, %ds; "
	".balign 16, 0x90; .byte 0x0f, 0x01, 0xc2; .balign 16, 0x90; .byte 0x0f, 0x01, 0xc3;"
	".balign 16, 0x90; .byte 0x0f, 0x01, 0xc4; .balign 16, 0x90; vmread %rax, %rbx;"
	".balign 16, 0x90; .byte 0x0f, 0x01, 0xd4; .balign 16, 0x90; invd; .balign 16, 0x90;"
	"wbinvd;"
	".balign 16, 0x90; .byte 0x0f, 0x01, 0xd1; .balign 16, 0x90; monitor; .balign 16, 0x90;"
	"mwait;"
	".balign 16, 0x90; rdpmc; .balign 16, 0x90; mov %dr7, %rax; .balign 16, 0x90; lldt %ax;"
	".balign 16, 0x90; invlpg (%rax); .balign 16, 0x90; sysretq; .balign 16, 0x90; swapgs;"
	".balign 16, 0x90; pushq $-1; popfq; .balign 16, 0x90; .byte 0xf1; .balign 16, 0x90");
static void each_fault(unsigned int ring)
{
	struct kt_vm v;

	diff_begin(&v, ring, faults, faults_end);
	v.ram[KT_DATA] = 0;
	for (uint64_t at = 0; at < (uint64_t)(faults_end - faults); at += 16) {
		/* A port of its own behind each: how it goes on when nothing faults. */
		memcpy(v.ram + KT_CODE + at + 12, (const uint8_t[]){ 0xe6, 0x70, 0xeb, 0xfe }, 4);
	}
	for (uint64_t at = 0; at < (uint64_t)(faults_end - faults); at += 16) {
		kt_restart(&v, ring);
		v.run->kvm_dirty_regs = 0;
		kt_set_regs(&v, &(struct kvm_regs){ .rip = KT_CODE + at, .rsp = KT_STACK,
			    .rax = KT_DATA, .rcx = 0x174, .rflags = ring ? 0x3002 : 2 });
		printf("at %llx: ", (unsigned long long)at);
		diff_step(&v);
	}
	diff_finish(&v);
}

static void run_faults3(void)
{
	each_fault(3);
}

static void run_faults0(void)
{
	each_fault(0);
}

/* The CPUID that the rig gave it, and leaves that it did not give. */
KT_GUEST(leaves, "xor %ebp, %ebp; 1: mov %ebp, %eax; xor %ecx, %ecx; cpuid; out %al, $0x10;"
	"inc %ebp; cmp $10, %ebp; jb 1b; mov $0x80000000, %ebp; 2: mov %ebp, %eax;"
	"xor %ecx, %ecx; cpuid;"
	"out %al, $0x10; inc %ebp; cmp $0x8000000a, %ebp; jb 2b; hlt");
static void run_cpuid(void)
{
	diff_run(0, leaves, leaves_end, 40);
}

/* Control registers: what sticks, what faults. */
KT_GUEST(control, "mov %cr0, %rax; out %al, $0x10; and $~0x10000, %rax; mov %rax, %cr0;"
	"mov %cr0, %rax;"
	"out %al, $0x11; or $0x10000, %rax; mov %rax, %cr0; mov %cr4, %rax; out %al, $0x12;"
	"xor $0x80, %rax; mov %rax, %cr4; mov %cr4, %rax; out %al, $0x13; mov $5, %eax;"
	"mov %rax, %cr8;"
	"mov %cr8, %rbx; out %al, $0x14; mov %cr3, %rax; mov %rax, %cr3; out %al, $0x15; clts;"
	"mov %cr0, %rax; or $8, %rax; mov %rax, %cr0; out %al, $0x16; clts; out %al, $0x17;"
	"smsw %eax;"
	"out %al, $0x18; or $8, %eax; lmsw %ax; mov %cr0, %rax; out %al, $0x19; clts;"
	"mov $0x4321, %eax; mov %rax, %dr0; mov %dr0, %rbx; mov %dr6, %rcx; mov %dr7, %rdx;"
	"out %al, $0x1a;"
	"mov $0xc0000080, %ecx; rdmsr; out %al, $0x1b; hlt");
static void run_control(void)
{
	diff_run(0, control, control_end, 40);
}

KT_GUEST(badcontrol, "1: mov %rax, %cr0; 2: mov %rax, %cr4; 3: mov %rax, %cr8; 4: mov %rax, %cr3");
static void run_badcontrol(void)
{
	static const uint64_t cr0[] = { 0x80000031, 0x31, 0x80000001, 0x1, 0x180000031, 0xa0000031,
					0x80050033, 0x90050033, 0x20000000 };
	static const uint64_t cr4[] = { 0, 0x20, 0x6a0, 0x26a0, 0x1006a0, 0x2006a0, 0x206a0, 0x26a0,
					0x406a0, 0x106a0, 0x86a0, 0x100000000006a0,
					0x6a1, 0x6a4, 0x6a8 };
	static const uint64_t cr8[] = { 0, 15, 16, 0x8000000000000000 };
	const struct { unsigned int at, n; const uint64_t *v; } all[] = {
		{ 0, 9, cr0 }, { 3, 15, cr4 }, { 6, 4, cr8 } };
	struct kt_vm v;

	diff_begin(&v, 0, badcontrol, badcontrol_end);
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int n = 0; n < all[i].n; n++) {
			memcpy(v.ram + KT_CODE + 0x100, badcontrol + all[i].at, 4);
			memcpy(v.ram + KT_CODE + 0x100 + (i == 2 ? 4 : 3),
			       (const uint8_t[]){ 0xe6, 0x70 }, 2);
			kt_restart(&v, 0);
			kt_set_regs(&v, &(struct kvm_regs){ .rip = KT_CODE + 0x100, .rsp = KT_STACK,
				    .rax = all[i].v[n], .rflags = 2 });
			printf("%u %llx: ", i, (unsigned long long)all[i].v[n]);
			if (!diff_step(&v))
				break;
		}
	diff_finish(&v);
}

/* System calls, segments, a far return to 32-bit code and back. */
KT_GUEST(modes, "mov $0xc0000081, %ecx; xor %eax, %eax; mov $0x00100008, %edx; wrmsr; inc %ecx;"
	"lea 1f(%rip), %rax; mov %rax, %rdx; shr $32, %rdx; wrmsr; mov $0xc0000084, %ecx;"
	"mov $0x200, %eax;"
	"xor %edx, %edx; wrmsr; mov $0xc0000102, %ecx; mov $0x1234, %eax; wrmsr;"
	"mov $0xc0000101, %ecx;"
	"mov $0x5678, %eax; wrmsr; out %al, $0x10; swapgs; out %al, $0x11; rdmsr; out %al, $0x12;"
	"lea 2f(%rip), %rcx; mov $0x3002, %r11d; sysretq; 2: out %al, $0x13; syscall;"
	"1: out %al, $0x14; pushq $0x10; pushq $0xc000; pushq $2; pushq $8; lea 3f(%rip), %rax;"
	"pushq %rax;"
	"iretq; 3: out %al, $0x15; mov $0x23, %eax; mov %eax, %ds; mov %eax, %fs; out %al, $0x16;"
	"str %eax;"
	"sldt %ebx; sgdt 0x20000; sidt 0x20010; out %al, $0x17; hlt");
static void run_modes(void)
{
	diff_run(0, modes, modes_end, 40);
}

/* Interrupts: the window opens behind the instruction after STI; HLT wakes. */
KT_GUEST(windows, "cli; out %al, $0x10; sti; out %al, $0x11; out %al, $0x12; cli; out %al, $0x13;"
	"sti; nop; out %al, $0x14; sti; hlt; out %al, $0x15; cli; hlt");
static void run_windows(void)
{
	struct kt_vm v;
	unsigned int vector = 0x21;

	diff_begin(&v, 0, windows, windows_end);
	for (unsigned int i = 0; i < 30; i++) {
		v.run->request_interrupt_window = i < 20;
		if (!diff_step(&v))
			break;
		if (v.run->ready_for_interrupt_injection && i % 3 == 1) {
			long r = IOCTL(v.vcpu, KVM_INTERRUPT, &(struct kvm_interrupt){ vector++ });

			printf("inject %ld\n", r);
		}
		if (v.run->exit_reason == KVM_EXIT_HLT && !v.run->if_flag)
			break;
	}
	diff_finish(&v);
}

/* Its own page tables: accessed and dirty bits, remapping, large pages, NX, global pages. */
KT_GUEST(paging, "movq $0x20007, 0x4100; mov 0x20000, %eax; out %al, $0x10; mov 0x4100, %rbx;"
	"out %al, $0x11; movq $0x21005, 0x4108; mov 0x21000, %eax; mov 0x4108, %rbx;"
	"out %al, $0x12;"
	"movq $0x77, 0x21000; out %al, $0x13; movq $0x22007, 0x4108; mov %cr3, %rax;"
	"mov %rax, %cr3;"
	"movq $0x55, 0x21000; mov 0x4108, %rbx; mov 0x22000, %rcx; out %al, $0x14;"
	"movq $0x23007, 0x4108;"
	"invlpg 0x21000; movq $0x66, 0x21000; mov 0x23000, %rcx; out %al, $0x15; movq $0, 0x4108;"
	"invlpg 0x21000; hlt; mov 0x21000, %eax; out %al, $0x16; hlt");
static void run_paging(void)
{
	struct kt_vm v;

	diff_begin(&v, 0, paging, paging_end);
	for (unsigned int i = 0; i < 12; i++) {
		if (!diff_step(&v))
			break;
		diff_memory(&v, KT_PML4, 0x4000);
		if (v.run->exit_reason == KVM_EXIT_IO && v.run->io.port == 0x16)
			break;
	}
	diff_finish(&v);
}

/* The end of a guest, and what single steps and breakpoints show on the way there. */
KT_GUEST(triple, "lidt 0x20000; ud2");
static void run_triple(void)
{
	diff_run(0, triple, triple_end, 3);
}

KT_GUEST(steps, "mov $3, %ecx; 1: dec %ecx; jnz 1b; pushfq; popq %rax; int3; out %al, $0x10; cpuid;"
	"mov 0x20000, %rax; syscall; nop; hlt");
static void run_steps(void)
{
	struct kt_vm v;

	diff_begin(&v, 3, steps, steps_end);
	for (unsigned int i = 0; i < 24 && diff_single_step(&v); i++)
		;
	diff_finish(&v);
}

/* Must not be executed: their results are not the same twice. */
static bool unsteady(const uint8_t *p)
{
	for (unsigned int i = 0; i < 8; i++)
		if (p[i] == 0x0f && (p[i + 1] == 0x31 || p[i + 1] == 0x33 || p[i + 1] == 0x01 ||
				     p[i + 1] == 0xc7 || p[i + 1] == 0xae || p[i + 1] == 0x0b))
			return true;
	/* INS and OUTS: mvm has no emulator for them. */
	for (unsigned int i = 0; i < 8; i++)
		if ((p[i] & 0xfc) == 0x6c)
			return true;
	return false;
}

/* Random instructions in ring 3, one step at a time. */
static void run_random(void)
{
	uint64_t seed = 0x6d766d2e6b6f;
	struct kt_vm v;

	diff_begin(&v, 3, triple, triple_end);
	for (uint64_t i = 0; i < 0x1000; i += 8) {
		uint64_t r = kt_random(&seed);

		memcpy(v.ram + KT_CODE + i, &r, 8);
	}
	for (unsigned int chunk = 0; chunk < 300; chunk++) {
		uint64_t rip = KT_CODE + (kt_random(&seed) & 0xfff);

		kt_restart(&v, 3);
		kt_set_regs(&v, &(struct kvm_regs){ .rip = rip, .rsp = KT_STACK, .rax = KT_DATA,
			    .rbx = KT_DATA + 0x100, .rcx = 3, .rdx = chunk, .rsi = KT_DATA + 0x200,
			    .rdi = KT_DATA + 0x300, .rbp = KT_DATA + 0x400, .rflags = 0x3002 });
		for (unsigned int n = 0; n < 6; n++) {
			if (rip < KT_CODE || rip > KT_CODE + 0xff0 || unsteady(v.ram + rip))
				break;
			if (!diff_single_step(&v))
				break;
			rip = v.run->s.regs.regs.rip;
			/* Behind an exception's first `out` nothing of interest follows. */
			if (v.run->exit_reason == KVM_EXIT_IO)
				break;
		}
	}
	diff_finish(&v);
}

const struct kt_test diff_tests[] = {
	{ "io", run_io, 0 }, { "io0", run_io0, 0 }, { "faults3", run_faults3, 0 },
	{ "faults0", run_faults0, 0 }, { "cpuid", run_cpuid, 0 }, { "control", run_control, 0 },
	{ "badcontrol", run_badcontrol, 0 }, { "modes", run_modes, 0 },
	{ "windows", run_windows, 0 }, { "paging", run_paging, 0 }, { "triple", run_triple, 0 },
	{ "steps", run_steps, 0 }, { "random", run_random, 60 },
};
const unsigned int diff_ntests = sizeof(diff_tests) / sizeof(diff_tests[0]);
