/* SPDX-License-Identifier: MIT */
/*
 * A vCPU with something hidden in all of its state, as only a guest in ring 0 could: after
 * snap_state_write() nothing of it is there.  Needs a KVM device; it is asked, not imitated.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cpu.h"
#include "kvm.h"
#include "snapshot/snap_int.h"
#include <cmocka.h>

#define SECRET		0x5ec2e700123a5ULL
#define MSR_NUMBERS	4096U
#define TSC_STEP	(1ULL << 40)	/* less than SECRET */

/* All that the test compares. */
struct all {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	uint64_t tsc_offset;
	struct kvm_msr_value msr[MSR_NUMBERS];
	uint32_t nmsrs;
};

static struct vm vm = { .dev_fd = -1, .vm_fd = -1, .vcpu_fd = -1 };
static struct cpu_model model;
static struct all before, after;

static int make_vcpu(void)
{
	uint8_t *ram = mmap(NULL, MVM_LARGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	vm.dev_fd = kvm_open("/dev/mvm");
	if (vm.dev_fd < 0)
		vm.dev_fd = kvm_open("/dev/kvm");
	if (vm.dev_fd < 0)
		return -1;
	vm.vm_fd = kvm_create_vm(vm.dev_fd);
	assert_int_equal(kvm_add_memslot(vm.vm_fd, 0, 0, MVM_LARGE_SIZE, ram), 0);
	vm.vcpu_fd = kvm_create_vcpu(vm.vm_fd);
	vm.run = mmap(NULL, (size_t)kvm_vcpu_mmap_size(vm.dev_fd), PROT_READ | PROT_WRITE,
		      MAP_SHARED, vm.vcpu_fd, 0);
	assert_ptr_not_equal(vm.run, MAP_FAILED);
	vm.nmsrs = kvm_msr_list(vm.dev_fd, vm.msrs);
	return 0;
}

static void set_start(void)
{
	struct kvm_sregs s;

	cpu_model_init(&model);
	assert_int_equal(kvm_set_cpuid(vm.vcpu_fd, model.cpuid, model.ncpuid), 0);
	assert_int_equal(kvm_get_sregs(vm.vcpu_fd, &s), 0);
	cpu_start_sregs(&s, &model, 0x1000);
	assert_int_equal(kvm_set_sregs(vm.vcpu_fd, &s), 0);
	if (model.xcr0)
		assert_int_equal(kvm_set_xcr0(vm.vcpu_fd, model.xcr0), 0);
	snap_state_read(&vm);
}

/* Every register that the device has, listed or not; the TSC goes on by itself. */
static void read_msrs(struct all *a)
{
	static const struct { uint32_t from, to; } ranges[] = {
		{ 0, 0x10 }, { 0x11, 0x800 }, { 0xc0000080, 0xc0000110 },
		{ 0xc0010000, 0xc0010120 }, { 0x4b564d00, 0x4b564d10 },
	};

	a->nmsrs = 0;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (uint32_t n = ranges[i].from; n < ranges[i].to; n++) {
			struct kvm_msr_value *v = &a->msr[a->nmsrs];

			v->index = n;
			a->nmsrs += !kvm_get_msr(vm.vcpu_fd, n, &v->value);
		}
}

static void read_all(struct all *a)
{
	memset(a, 0, sizeof(*a));
	assert_int_equal(kvm_get_regs(vm.vcpu_fd, &a->regs), 0);
	assert_int_equal(kvm_get_sregs(vm.vcpu_fd, &a->sregs), 0);
	kvm_get(vm.vcpu_fd, KVM_GET_XSAVE, &a->xsave);
	kvm_get(vm.vcpu_fd, KVM_GET_XCRS, &a->xcrs);
	kvm_get(vm.vcpu_fd, KVM_GET_DEBUGREGS, &a->debug);
	kvm_get(vm.vcpu_fd, KVM_GET_VCPU_EVENTS, &a->events);
	kvm_tsc_offset(vm.vcpu_fd, false, &a->tsc_offset);
	read_msrs(a);
}

/* The number of registers that now hold something else. */
static unsigned int plant_msrs(void)
{
	static const uint64_t masks[] = { UINT64_MAX, 0xfffffff000, 0xffff, 0x606, 1 };
	unsigned int n = 0;

	for (uint32_t i = 0; i < before.nmsrs; i++) {
		struct kvm_msr_value v = before.msr[i];
		bool changed = false;

		for (size_t m = 0; m < sizeof(masks) / sizeof(masks[0]) && !changed; m++) {
			uint64_t is;

			v.value = SECRET & masks[m];
			changed = kvm_msrs(vm.vcpu_fd, true, &v, 1) == 1 &&
				  !kvm_get_msr(vm.vcpu_fd, v.index, &is) &&
				  is != before.msr[i].value;
		}
		n += changed;
	}
	return n;
}

static void plant_registers(void)
{
	struct kvm_regs r = { .rax = SECRET, .r15 = SECRET, .rip = 0x1234, .rflags = 2 };
	struct kvm_sregs s = before.sregs;

	s.cr2 = s.fs.base = s.gs.base = s.ldt.base = SECRET & 0x7fffffffffff;
	s.cr8 = 5;
	assert_int_equal(kvm_set_regs(vm.vcpu_fd, &r), 0);
	assert_int_equal(kvm_set_sregs(vm.vcpu_fd, &s), 0);
	vm.run->cr8 = 5;
}

static void plant_rest(void)
{
	struct kvm_xsave x = before.xsave;
	struct kvm_debugregs d = before.debug;
	struct kvm_vcpu_events e = before.events;
	uint64_t offset = before.tsc_offset + SECRET;

	memset(&x.region[40], 0x5e, 256);		/* xmm0 to xmm15 */
	x.region[128] |= 3;				/* they are not as at first */
	kvm_set(vm.vcpu_fd, KVM_SET_XSAVE, &x);
	d.db[0] = d.db[3] = SECRET & 0x7fffffffffff;
	d.dr7 |= 1;
	kvm_set(vm.vcpu_fd, KVM_SET_DEBUGREGS, &d);
	e.exception.injected = 1;
	e.exception.nr = 6;
	e.nmi.masked = 1;
	kvm_set(vm.vcpu_fd, KVM_SET_VCPU_EVENTS, &e);
	kvm_tsc_offset(vm.vcpu_fd, true, &offset);
	if (model.xcr0)
		kvm_set_xcr0(vm.vcpu_fd, 1);
}

static void same(const char *what, const void *before_, const void *after_, size_t len)
{
	const uint8_t *a = before_, *b = after_;

	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i])
			fail_msg("%s is not what it was: byte %zu is %#x and was %#x", what, i,
				 b[i], a[i]);
}

static void compare(void)
{
	/* Which components are in use: the processor says so of those that hold nothing, too. */
	before.xsave.region[128] = after.xsave.region[128] = 0;
	same("a general register", &before.regs, &after.regs, sizeof(after.regs));
	same("a control or segment register", &before.sregs, &after.sregs, sizeof(after.sregs));
	same("the vector state", &before.xsave, &after.xsave, sizeof(after.xsave));
	same("XCR0", &before.xcrs, &after.xcrs, sizeof(after.xcrs));
	same("a debug register", &before.debug, &after.debug, sizeof(after.debug));
	same("a pending event", &before.events, &after.events, sizeof(after.events));
	/* A KVM whose host has no stable TSC moves it a little by itself. */
	assert_true(before.tsc_offset - after.tsc_offset + TSC_STEP < 2 * TSC_STEP);
	assert_int_equal(before.nmsrs, after.nmsrs);
	for (uint32_t i = 0; i < before.nmsrs; i++)
		if (before.msr[i].value != after.msr[i].value)
			fail_msg("MSR %#x is %#llx and was %#llx", after.msr[i].index,
				 (unsigned long long)after.msr[i].value,
				 (unsigned long long)before.msr[i].value);
}

static void reset_and_compare(int sync_regs)
{
	vm.sync_regs = sync_regs;
	read_all(&before);
	print_message("%u of %u MSRs changed\n", plant_msrs(), before.nmsrs);
	plant_rest();
	plant_registers();
	read_all(&after);
	assert_memory_not_equal(&before.sregs, &after.sregs, sizeof(after.sregs));
	assert_memory_not_equal(&before.debug, &after.debug, sizeof(after.debug));
	assert_memory_not_equal(&before.xsave, &after.xsave, sizeof(after.xsave));
	assert_int_equal(snap_state_write(&vm, model.xcr0, &before.regs, &before.sregs), 0);
	vm.run->immediate_exit = 1;
	assert_int_equal(kvm_run(vm.vcpu_fd), -EINTR);
	read_all(&after);
	compare();
}

static void nothing_stays(void **state)
{
	(void)state;
	if (vm.vcpu_fd < 0)
		skip();
	reset_and_compare(kvm_check_extension(vm.dev_fd, KVM_CAP_SYNC_REGS));
}

static void nothing_stays_without_sync_regs(void **state)
{
	(void)state;
	if (vm.vcpu_fd < 0)
		skip();
	reset_and_compare(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_stays),
		cmocka_unit_test(nothing_stays_without_sync_regs),
	};

	if (make_vcpu())
		print_message("SKIP: no KVM device can be opened: %s\n", strerror(errno));
	else
		set_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
