/* SPDX-License-Identifier: MIT */
/*
 * What the tests of a KVM device share: result lines, one process a test, and a guest in 64-bit
 * mode whose every exception comes back as an `out`.  The device is named by the first argument or
 * by MVM_DEVICE (default: /dev/mvm, else /dev/kvm).  Nothing here depends on which device it is;
 * a test that needs what not every KVM has asks first and is skipped.
 */
#ifndef KT_H
#define KT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/kvm.h>

struct kt_test {
	const char *name;
	void (*run)(void);
	unsigned int seconds;		/* limit, 0: 20; kt.c has factors for the labs */
};

/*
 * Each test in a process of its own, one result line each; returns main()'s status.  A name in
 * argv[2..] selects tests.  A crash or a time-out is that test's FAIL.
 */
int kt_main(int argc, char **argv, const char *group, const struct kt_test *tests, unsigned int n);

extern const char *kt_device;		/* path */
int kt_open(void);			/* the device; ends the test when that fails */
bool kt_is_mvm(int dev);		/* has MVM_CAP_ENGINE */
int kt_cap(int fd, long cap);
/*
 * Is the guest run by the processor (mvm.ko, kvm_intel, kvm_amd)?  Else by software, which has
 * ways of its own: those tests that are about the processor's say so and are skipped.
 */
bool kt_hardware(int dev);
bool kt_vmx(int dev);			/* and by VT-x */
bool kt_in_lab(void);			/* everything is emulated: fewer rounds */

/* End the test.  Only the first reason given by any of its processes counts. */
_Noreturn void kt_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void kt_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define FAIL(...)	kt_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...)	kt_skip(__VA_ARGS__)
#define CHECK(cond)	do { if (!(cond)) FAIL("%s", #cond); } while (0)
#define EQUAL(got, want) do { \
	long long got_ = (long long)(got), want_ = (long long)(want); \
	if (got_ != want_) \
		FAIL("%s is %lld (%#llx), expected %lld (%#llx)", #got, got_, got_, want_, want_); \
} while (0)

/* An ioctl: its result, or -errno. */
static inline long kt_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int r = ioctl(fd, request, arg);

	return r < 0 ? -errno : r;
}
#define IOCTL(fd, request, arg)	kt_ioctl(fd, request, (unsigned long)(arg))

/* ---- The guest ------------------------------------------------------------------------------ */

/* Guest-physical = guest-virtual, 8 MiB mapped for ring 3 unless a test changes its tables. */
#define KT_RAM		0x800000UL
#define KT_PML4		0x1000UL
#define KT_PDPT		0x2000UL
#define KT_PD		0x3000UL
#define KT_PT		0x4000UL	/* of the first 2 MiB, in 4 KiB pages */
#define KT_GDT		0x5000UL
#define KT_IDT		0x6000UL
#define KT_TSS		0xd000UL	/* with a map that lets all ports pass */
#define KT_STUBS	0x8000UL	/* 16 bytes a vector */
#define KT_RSP0		0xa000UL	/* top of the ring-0 stack */
#define KT_STACK	0xc000UL	/* top of the stack it starts with */
#define KT_CODE		0x10000UL
#define KT_DATA		0x20000UL
#define KT_LARGE	0x400000UL	/* a 2 MiB page of its own */

#define KT_CS0		0x08
#define KT_DS0		0x10
#define KT_CS3		0x1b
#define KT_DS3		0x23
#define KT_TR		0x28

/* Port of the `out` that the stub of an exception or interrupt executes: 0x80 + vector. */
#define KT_PORT(vector)	(0x80 + (vector))
#define KT_VECTORS	0x40

#define KT_PTE_P	1UL
#define KT_PTE_W	2UL
#define KT_PTE_U	4UL
#define KT_PTE_A	0x20UL
#define KT_PTE_D	0x40UL
#define KT_PTE_PS	0x80UL
#define KT_PTE_G	0x100UL
#define KT_PTE_NX	(1UL << 63)

struct kt_vm {
	int dev, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *ram;			/* KT_RAM bytes, private anonymous */
};

/* Guest code: KT_GUEST(name, "assembly"), at any address; use kt_code(v, name). */
#define KT_GUEST(name, text) \
	extern const uint8_t name[], name##_end[]; \
	__asm__(".pushsection .rodata\n.globl " #name "\n.globl " #name "_end\n" \
		#name ":\n" text "\n" #name "_end:\n.popsection\n")
#define kt_code(v, name)	memcpy((v)->ram + KT_CODE, name, (size_t)(name##_end - name))

/* Device, VM, vCPU and memory, in ring 3 (or 0) at KT_CODE; ends the test when that fails. */
void kt_start(struct kt_vm *v, unsigned int ring);
/* Its parts, for tests that want less or other. */
void kt_new_vm(struct kt_vm *v);	/* device and VM */
void kt_new_vcpu(struct kt_vm *v);	/* vCPU 0 and its mapping */
void kt_tables(uint8_t *ram);		/* page tables, GDT, IDT, TSS, stubs */
void kt_sregs(struct kt_vm *v, struct kvm_sregs *s, unsigned int ring);
void kt_set_start(struct kt_vm *v, unsigned int ring);	/* CPUID, and then kt_restart() */
void kt_restart(struct kt_vm *v, unsigned int ring);	/* sregs and regs, at any time */
long kt_slot(int vm, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, void *hva);
void kt_end(struct kt_vm *v);

/* KVM_RUN until it is not EINTR: 0 or -errno. */
long kt_run(struct kt_vm *v);
/* Runs; fails unless it left with this exit reason. */
void kt_run_to(struct kt_vm *v, uint32_t reason);
/* Runs; fails unless it left by `out` to this port. */
void kt_run_to_port(struct kt_vm *v, uint16_t port);

struct kt_frame { uint64_t error, rip, cs, rflags, rsp, ss; };
/* Runs; fails unless the guest got this exception.  The frame, if not NULL. */
void kt_run_to_exception(struct kt_vm *v, unsigned int vector, struct kt_frame *f);
/* "IO 0x83", for messages. */
const char *kt_exit_name(const struct kt_vm *v);

void kt_get_regs(struct kt_vm *v, struct kvm_regs *r);
void kt_set_regs(struct kt_vm *v, const struct kvm_regs *r);
void kt_get_sregs(struct kt_vm *v, struct kvm_sregs *s);

/* Runs; fails unless the guest left because there is no (writable) memory at this GPA. */
void kt_run_to_nomem(struct kt_vm *v, uint64_t gpa);
/* The I/O of the last exit is finished, and no further instruction executed. */
void kt_complete(struct kt_vm *v);

/* usleep(), a twentieth of it in a lab, where a guest that spins for a second takes a minute. */
void kt_pause(unsigned int us);
/* A page of its own without access behind it: for structures that end where memory does. */
void *kt_edge(size_t size);
/* xorshift64*: the same numbers every time. */
uint64_t kt_random(uint64_t *state);

/* ---- Templates and clones (kt_clone.c) ------------------------------------------------------ */

/* Guests: ready (0x3f); then for ever: what is at rdi (0x40), rsi written there (0x41). */
extern const uint8_t kt_swap[], kt_swap_end[];
/* Ready; then for ever: rcx pages from rdi on get numbers, a mark goes to xmm3 and r15 (0x42). */
extern const uint8_t kt_fill[], kt_fill_end[];
/* A VM that has run to its first `out`, with 0x1111 at KT_DATA, which is in rdi, 0x2222 in rsi. */
void kt_ready(struct kt_vm *v, const uint8_t *code, size_t size);
#define KT_READY(v, name)	kt_ready(v, name, (size_t)(name##_end - name))
void kt_set_args(struct kt_vm *v, uint64_t rdi, uint64_t rsi, uint64_t rcx);
/* What the `out` of the last exit wrote. */
uint32_t kt_value(const struct kt_vm *v);
uint32_t kt_word(const struct kt_vm *v, uint64_t gpa);
/* Skips the test where there are no clones. */
void kt_need_clones(const struct kt_vm *v);
/* A clone of the frozen t, with its vCPU or with memory alone; kt_drop() closes it. */
void kt_clone(struct kt_vm *c, const struct kt_vm *t);
void kt_clone_memory(struct kt_vm *c, const struct kt_vm *t);
void kt_drop(struct kt_vm *v);
uint64_t kt_private_pages(struct kt_vm *v);

#endif
