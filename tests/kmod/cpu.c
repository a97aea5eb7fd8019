/* SPDX-License-Identifier: MIT */
/* What the guest is told of its processor: CPUID and the time-stamp counter. */
#include <cpuid.h>
#include <stdlib.h>
#include "kt.h"

struct msrs { struct kvm_msrs head; struct kvm_msr_entry e[1]; };

KT_GUEST(ask_cpuid, "cpuid; mov %edx, %esi; mov $0x4a, %dx; out %eax, (%dx)");

static void cpuid_leaf(struct kt_vm *v, uint32_t leaf, struct kvm_regs *r)
{
	*r = (struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rax = leaf };
	kt_set_regs(v, r);
	kt_run_to_port(v, 0x4a);
	kt_get_regs(v, r);
	kt_complete(v);
}

static void cpuid(void)
{
	unsigned int a, b, c, d;
	struct kvm_regs r;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, ask_cpuid);
	__cpuid(0, a, b, c, d);
	cpuid_leaf(&v, 0, &r);
	if (!kt_hardware(v.dev))
		SKIP("CPUID is not intercepted by a software KVM");
	EQUAL(r.rax, 7);
	EQUAL(r.rbx, b);
	EQUAL(r.rcx, c);
	EQUAL(r.rsi, d);
	cpuid_leaf(&v, 0x80000000, &r);
	EQUAL(r.rax, 0x80000008);
	cpuid_leaf(&v, 1, &r);
	CHECK(!(r.rcx & 1U << 5));		/* VMX was taken out */
	cpuid_leaf(&v, 3, &r);			/* in range, but not in the table */
	EQUAL(r.rax | r.rbx | r.rcx | r.rsi, 0);
	cpuid_leaf(&v, 0x40000000, &r);		/* no hypervisor's leaves were set */
	EQUAL(r.rbx >> 32, 0);
}

KT_GUEST(ask_tsc, "rdtsc; mov %edx, %esi; mov %eax, %edi; mov $0x4b, %dx; out %eax, (%dx)");

static uint64_t guest_tsc(struct kt_vm *v)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202 };

	kt_set_regs(v, &r);
	kt_run_to_port(v, 0x4b);
	kt_get_regs(v, &r);
	kt_complete(v);
	return r.rsi << 32 | r.rdi;
}

static void tsc(void)
{
	struct msrs *m = calloc(1, sizeof(*m));
	struct kt_vm v;
	uint64_t a, b;

	kt_start(&v, 3);
	kt_code(&v, ask_tsc);
	CHECK(m);
	a = guest_tsc(&v);
	b = guest_tsc(&v);
	CHECK(b > a);
	m->head.nmsrs = 1;
	m->e[0].index = 0x10;
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, m), 1);
	CHECK(m->e[0].data >= b || !kt_hardware(v.dev));
	if (!kt_hardware(v.dev))
		return;
	m->e[0].data = 1UL << 52;
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, m), 1);
	a = guest_tsc(&v);
	CHECK(a > 1UL << 52 && a < (1UL << 52) + (1UL << 40));
}

static void tsc_khz(void)
{
	struct kt_vm v;
	long khz;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_GET_TSC_KHZ) <= 0)
		SKIP("no KVM_CAP_GET_TSC_KHZ");
	khz = IOCTL(v.vcpu, KVM_GET_TSC_KHZ, 0);
	CHECK(khz > 1000);
	/* The frequency that it has can always be set. */
	EQUAL(IOCTL(v.vcpu, KVM_SET_TSC_KHZ, khz), 0);
	EQUAL(IOCTL(v.vcpu, KVM_GET_TSC_KHZ, 0), khz);
}

static const struct kt_test tests[] = {
	{ .name = "cpuid", .run = cpuid },
	{ .name = "tsc", .run = tsc },
	{ .name = "tsc_khz", .run = tsc_khz },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/cpu", tests, sizeof(tests) / sizeof(tests[0]));
}
