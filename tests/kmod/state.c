/* SPDX-License-Identifier: MIT */
/*
 * The registers of a vCPU: what is set is got, and what the guest finds; what no processor has is
 * refused by the ioctl or by the entry.
 */
#include <stdlib.h>
#include "kt.h"

KT_GUEST(nothing, "mov $0x33, %dx; 1: out %eax, (%dx); jmp 1b");

static void round_trip_regs(void)
{
	struct kvm_regs want, got;
	struct kt_vm v;
	uint64_t seed = 1;

	kt_start(&v, 3);
	for (int i = 0; i < 50; i++) {
		for (unsigned int n = 0; n < sizeof(want) / 8; n++)
			((__u64 *)&want)[n] = kt_random(&seed);
		want.rip &= 0x7fffffffffff;
		want.rflags = (want.rflags & 0xcd5) | 2;
		kt_set_regs(&v, &want);
		kt_get_regs(&v, &got);
		for (unsigned int n = 0; n < sizeof(want) / 8; n++)
			if (((__u64 *)&got)[n] != ((__u64 *)&want)[n])
				FAIL("register %u of kvm_regs is %#llx, was set to %#llx", n,
				     ((__u64 *)&got)[n],
				     ((__u64 *)&want)[n]);
	}
}

/* Every general register reaches the guest, and comes back. */
KT_GUEST(add_one, "inc %rax; inc %rbx; inc %rcx; inc %rsi; inc %rdi; inc %rbp; inc %r8; inc %r9;"
	 "inc %r10; inc %r11; inc %r12; inc %r13; inc %r14; inc %r15; inc %rsp; out %eax, (%dx)");

static void regs_in_guest(void)
{
	struct kvm_regs r, before;
	struct kt_vm v;
	__u64 *p = (__u64 *)&r, *b = (__u64 *)&before;

	kt_start(&v, 3);
	kt_code(&v, add_one);
	for (unsigned int n = 0; n < 16; n++)
		p[n] = 0x1111111111110000UL * (n % 8) + n;
	r.rdx = 0x44;
	r.rip = KT_CODE;
	r.rflags = 0x3202;
	before = r;
	kt_set_regs(&v, &r);
	kt_run_to_port(&v, 0x44);
	kt_get_regs(&v, &r);
	for (unsigned int n = 0; n < 16; n++)
		if (p[n] != b[n] + (&p[n] != &r.rdx))
			FAIL("register %u of kvm_regs is %#llx", n, p[n]);
}

static void round_trip_sregs(void)
{
	struct kvm_sregs want, got;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_get_sregs(&v, &want);
	want.fs.base = 0x123456789000;
	want.gs.base = 0x7fffffffe000;
	want.ds.base = 0;
	want.gdt.limit = 0x7f;
	want.idt.base = 0x765432100000;
	want.cr2 = 0xdeadbeef1000;
	want.cr8 = 5;
	EQUAL(IOCTL(v.vcpu, KVM_SET_SREGS, &want), 0);
	kt_get_sregs(&v, &got);
	EQUAL(got.fs.base, want.fs.base);
	EQUAL(got.gs.base, want.gs.base);
	EQUAL(got.gdt.base, want.gdt.base);
	EQUAL(got.gdt.limit, want.gdt.limit);
	EQUAL(got.idt.base, want.idt.base);
	EQUAL(got.cr0, want.cr0);
	EQUAL(got.cr2, want.cr2);
	EQUAL(got.cr3, want.cr3);
	EQUAL(got.cr4, want.cr4);
	EQUAL(got.cr8, want.cr8);
	EQUAL(got.efer, want.efer);
	EQUAL(got.cs.selector, want.cs.selector);
	EQUAL(got.cs.dpl, 3);
	EQUAL(got.cs.l, 1);
	EQUAL(got.ss.dpl, 3);
	EQUAL(got.ss.limit, want.ss.limit);
	EQUAL(got.tr.base, want.tr.base);
	EQUAL(got.tr.limit, want.tr.limit);
	EQUAL(got.ldt.unusable, 1);
}

static void reset_state(void)
{
	struct kvm_sregs s;
	struct kvm_regs r;
	struct kt_vm v;

	kt_new_vm(&v);
	kt_new_vcpu(&v);
	kt_get_sregs(&v, &s);
	kt_get_regs(&v, &r);
	EQUAL(r.rip, 0xfff0);
	EQUAL(r.rflags, 2);
	EQUAL(s.cs.selector, 0xf000);
	EQUAL(s.cs.base, 0xffff0000);
	EQUAL(s.cs.limit, 0xffff);
	EQUAL(s.cr0, 0x60000010);
	EQUAL(s.cr3, 0);
	EQUAL(s.efer, 0);
	EQUAL(s.apic_base & 0xfffff000, 0xfee00000);
}

/* What KVM_SET_SREGS refuses, and then leaves all as it was. */
static void sregs_refused(void)
{
	struct kvm_sregs good, s, got;
	struct kt_vm v;

	kt_start(&v, 3);
	kt_get_sregs(&v, &good);
#define REFUSED(change) do { \
		s = good; \
		change; \
		EQUAL(IOCTL(v.vcpu, KVM_SET_SREGS, &s), -EINVAL); \
	} while (0)
	REFUSED(s.cr4 &= ~0x20UL);			/* long mode without PAE */
	REFUSED(s.efer &= ~0x400UL);			/* LME and PG without LMA */
	REFUSED(s.cr4 |= 1UL << 31);			/* reserved in CR4 */
	REFUSED(s.cr4 |= 1UL << 63);
	REFUSED(s.cr3 = 1UL << 60);			/* beyond any processor */
	if (kt_hardware(v.dev)) {
		REFUSED(s.cr0 |= 1UL << 32);		/* and in CR0 */
		REFUSED(s.cr0 = (s.cr0 & ~(1UL << 30)) | 1UL << 29);	/* NW without CD */
		REFUSED(s.cr0 &= ~1UL);			/* paging without protection */
	}
	kt_get_sregs(&v, &got);
	EQUAL(got.cr3, good.cr3);
	EQUAL(got.cr4, good.cr4);
	kt_code(&v, nothing);
	kt_run_to_port(&v, 0x33);
}

/* CR4 bits that the guest's CPUID does not have. */
static void cr4_and_cpuid(void)
{
	static const struct { unsigned int bit; const char *name; } bits[] = {
		{ 12, "LA57" }, { 13, "VMXE" }, { 16, "FSGSBASE" }, { 17, "PCIDE" },
		{ 18, "OSXSAVE" }, { 20, "SMEP" }, { 21, "SMAP" }, { 22, "PKE" },
	};
	struct kvm_sregs good, s;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_hardware(v.dev))
		SKIP("a software KVM may take what its guest does not use");
	kt_get_sregs(&v, &good);
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		s = good;
		s.cr4 |= 1UL << bits[i].bit;
		if (IOCTL(v.vcpu, KVM_SET_SREGS, &s) != -EINVAL)
			FAIL("CR4.%s is taken, which the guest's CPUID has not", bits[i].name);
	}
}

/* What the ioctl takes and the processor does not: SDM volume 3, 27.3.1. */
static void entry_refused(void)
{
	struct kvm_sregs good, s;
	struct kvm_regs r, regs;
	struct kt_vm v;

	kt_start(&v, 3);
	if (!kt_vmx(v.dev))
		SKIP("the checks of VT-x");
	kt_get_sregs(&v, &good);
	kt_get_regs(&v, &regs);
	kt_code(&v, nothing);
#define REFUSED_ENTRY(change) do { \
		s = good; \
		r = regs; \
		change; \
		if (IOCTL(v.vcpu, KVM_SET_SREGS, &s) == 0) { \
			kt_set_regs(&v, &r); \
			kt_run_to(&v, KVM_EXIT_FAIL_ENTRY); \
			EQUAL(v.run->fail_entry.hardware_entry_failure_reason, 0x80000021); \
		} \
	} while (0)
	REFUSED_ENTRY(s.cs.db = 1);			/* with L */
	REFUSED_ENTRY(s.cs.type = 3);			/* data in CS */
	REFUSED_ENTRY(s.cs.s = 0);
	REFUSED_ENTRY(s.cs.present = 0);
	REFUSED_ENTRY(s.ss.type = 1);			/* SS not writable */
	REFUSED_ENTRY(s.tr.type = 9);			/* TSS not busy */
	REFUSED_ENTRY(s.tr.unusable = 1);
	REFUSED_ENTRY(s.tr.selector = KT_TR | 4);	/* TR in the LDT */
	REFUSED_ENTRY(s.fs.base = 1UL << 63);		/* not canonical */
	REFUSED_ENTRY(s.gdt.base = 1UL << 63);
	REFUSED_ENTRY(s.cs.g = 0);			/* limit and granularity */
	REFUSED_ENTRY(r.rflags |= 1UL << 22);		/* reserved */
	REFUSED_ENTRY(r.rflags |= 1UL << 17);		/* VM in long mode */
	/* And the vCPU is as good as before. */
	EQUAL(IOCTL(v.vcpu, KVM_SET_SREGS, &good), 0);
	kt_set_regs(&v, &regs);
	kt_run_to_port(&v, 0x33);
}

struct msrs { struct kvm_msrs head; struct kvm_msr_entry e[260]; };

static void msrs_round_trip(void)
{
	static const struct { uint32_t index; uint64_t value; } all[] = {
		{ 0xc0000081, 0x0023001000000000 },	/* STAR */
		{ 0xc0000082, 0x00007fff12345678 },	/* LSTAR */
		{ 0xc0000083, 0xffff800000000123 },	/* CSTAR */
		{ 0xc0000084, 0x47700 },		/* FMASK */
		{ 0xc0000102, 0x00007000deadb000 },	/* KERNEL_GS_BASE */
		{ 0xc0000100, 0x0000600000001000 },	/* FS base */
		{ 0xc0000101, 0x0000500000002000 },	/* GS base */
		{ 0x174, 0x10 }, { 0x175, 0x1000 }, { 0x176, 0x2000 },	/* SYSENTER */
		{ 0x277, 0x0007040600070406 },		/* PAT */
	};
	const unsigned int n = sizeof(all) / sizeof(all[0]);
	static struct msrs m;
	struct kt_vm v;

	kt_start(&v, 3);
	m.head.nmsrs = n;
	for (unsigned int i = 0; i < n; i++)
		m.e[i] = (struct kvm_msr_entry){ .index = all[i].index, .data = all[i].value };
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), n);
	for (unsigned int i = 0; i < n; i++)
		m.e[i].data = 0;
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, &m), n);
	for (unsigned int i = 0; i < n; i++)
		if (m.e[i].data != all[i].value)
			FAIL("MSR %#x is %#llx, was set to %#llx", all[i].index,
			     (unsigned long long)m.e[i].data, (unsigned long long)all[i].value);
}

static void msrs_refused(void)
{
	static struct msrs m;
	struct kt_vm v;
	struct msrs *edge = kt_edge(sizeof(m.head) + sizeof(m.e[0]));

	kt_start(&v, 3);
	m.head.nmsrs = 257;
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, &m), -E2BIG);
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), -E2BIG);
	m.head.nmsrs = ~0U;
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), -E2BIG);
	m.head.nmsrs = 0;
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, &m), 0);
	edge->head.nmsrs = 2;
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, edge), -EFAULT);
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, edge), -EFAULT);
	/* The answer is how many went well before the first that did not. */
	m.head.nmsrs = 3;
	m.e[0] = (struct kvm_msr_entry){ .index = 0xc0000081 };
	m.e[1] = (struct kvm_msr_entry){ .index = 0xdead0000 };
	m.e[2] = (struct kvm_msr_entry){ .index = 0xc0000082 };
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, &m), 1);
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), 1);
	m.e[1] = (struct kvm_msr_entry){ .index = 0xc0000082, .data = 1UL << 63 };
	if (kt_hardware(v.dev)) {
		EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), 1);	/* not canonical */
		m.e[1] = (struct kvm_msr_entry){ .index = 0x277, .data = 2 };
		EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), 1);	/* no memory type */
		m.e[1] = (struct kvm_msr_entry){ .index = 0xc0000080, .data = 1UL << 20 };
		EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, &m), 1);	/* EFER reserved */
	}
}

/* Each MSR that the list names can be read. */
static void msrs_listed(void)
{
	static struct { struct kvm_msr_list head; uint32_t index[1000]; } l = {
		.head.nmsrs = 1000,
	};
	static struct msrs m;
	struct kt_vm v;

	kt_start(&v, 3);
	EQUAL(IOCTL(v.dev, KVM_GET_MSR_INDEX_LIST, &l), 0);
	if (!kt_hardware(v.dev))
		SKIP("a list that a software KVM does not keep to");
	for (unsigned int i = 0; i < l.head.nmsrs; i++) {
		m.head.nmsrs = 1;
		m.e[0].index = l.index[i];
		if (IOCTL(v.vcpu, KVM_GET_MSRS, &m) != 1 && kt_is_mvm(v.dev))
			FAIL("MSR %#x is in the list but cannot be read", l.index[i]);
	}
}

KT_GUEST(read_msr, "rdmsr; mov %eax, %ebx; mov $0x46, %dx; out %eax, (%dx)");
KT_GUEST(write_msr, "wrmsr; mov $0x47, %dx; out %eax, (%dx)");

static void msrs_in_guest(void)
{
	struct msrs *m = calloc(1, sizeof(*m));
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 2, .rcx = 0xc0000082 };
	struct kt_vm v;
	struct kt_frame f;

	kt_start(&v, 0);
	CHECK(m);
	m->head.nmsrs = 1;
	m->e[0] = (struct kvm_msr_entry){ .index = 0xc0000082, .data = 0x7654321000 };
	EQUAL(IOCTL(v.vcpu, KVM_SET_MSRS, m), 1);
	kt_code(&v, read_msr);
	kt_set_regs(&v, &r);
	kt_run_to_port(&v, 0x46);
	kt_get_regs(&v, &r);
	EQUAL(r.rax, 0x54321000);
	kt_complete(&v);
	kt_code(&v, write_msr);
	r = (struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 2, .rcx = 0xc0000082,
			       .rax = 0x1234, .rdx = 0x56 };
	kt_set_regs(&v, &r);
	kt_run_to_port(&v, 0x47);
	kt_complete(&v);
	EQUAL(IOCTL(v.vcpu, KVM_GET_MSRS, m), 1);
	EQUAL(m->e[0].data, 0x5600001234);
	/* An MSR that is none: #GP. */
	r = (struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 2, .rcx = 0xdead0000 };
	kt_set_regs(&v, &r);
	kt_run_to_exception(&v, 13, &f);
	EQUAL(f.error, 0);
	EQUAL(f.rip, KT_CODE);
}

KT_GUEST(show_xmm, "movq %xmm0, %rax; movq %xmm7, %rbx; stmxcsr (%rdi); fnstcw 8(%rdi);"
	 "mov $0x48, %dx; out %eax, (%dx); 1: jmp 1b");

static void fpu(void)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = KT_DATA };
	struct kvm_fpu f, g;
	struct kt_vm v;

	kt_start(&v, 3);
	EQUAL(IOCTL(v.vcpu, KVM_GET_FPU, &f), 0);
	EQUAL(f.fcw, 0x37f);
	memset(f.xmm[0], 0x5a, 16);
	memset(f.xmm[7], 0xa5, 16);
	f.fcw = 0x27f;
	EQUAL(IOCTL(v.vcpu, KVM_SET_FPU, &f), 0);
	EQUAL(IOCTL(v.vcpu, KVM_GET_FPU, &g), 0);
	EQUAL(memcmp(&f.xmm, &g.xmm, sizeof(f.xmm)), 0);
	EQUAL(g.fcw, 0x27f);
	if (!kt_hardware(v.dev))
		SKIP("a software KVM does not give it to the guest");
	kt_code(&v, show_xmm);
	kt_set_regs(&v, &r);
	kt_run_to_port(&v, 0x48);
	kt_get_regs(&v, &r);
	/* A KVM whose host has XSAVE leaves the area's header alone: a fresh vCPU's says "zero". */
	if (!kt_is_mvm(v.dev) && r.rax == 0)
		SKIP("KVM_SET_FPU does not reach a guest that has not used its FPU");
	EQUAL(r.rax, 0x5a5a5a5a5a5a5a5a);
	EQUAL(r.rbx, 0xa5a5a5a5a5a5a5a5);
	EQUAL(*(uint32_t *)(v.ram + KT_DATA), 0x1f80);	/* MXCSR is not KVM_SET_FPU's */
	EQUAL(*(uint16_t *)(v.ram + KT_DATA + 8), 0x27f);
}

/* The host's own vector registers are not the guest's, nor the other way round. */
KT_GUEST(fill_xmm, "1: pcmpeqd %xmm0, %xmm0; pcmpeqd %xmm7, %xmm7; pcmpeqd %xmm15, %xmm15;"
	 "mov $0x49, %dx; out %eax, (%dx); movq %xmm15, %rbx; out %eax, (%dx); jmp 1b");

static void fpu_kept_apart(void)
{
	struct kt_vm v;
	struct kvm_regs r;

	kt_start(&v, 3);
	kt_code(&v, fill_xmm);
	for (int i = 0; i < 20; i++) {
		uint64_t mine = 0x1234567800000000UL + (unsigned int)i, after;

		__asm__ volatile("movq %0, %%xmm15" :: "r"(mine));
		kt_run_to_port(&v, 0x49);
		__asm__ volatile("movq %%xmm15, %0" : "=r"(after));
		CHECK(after != ~0UL);		/* the compiler may have used it, but not so */
		__asm__ volatile("pxor %%xmm15, %%xmm15" ::: "xmm15");
		kt_run_to_port(&v, 0x49);
		kt_get_regs(&v, &r);
		EQUAL(r.rbx, ~0UL);
	}
}

static void xsave(void)
{
	struct kvm_xsave *x = calloc(1, sizeof(*x)), *y = calloc(1, sizeof(*y));
	struct kt_vm v;
	uint64_t bv;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_XSAVE) <= 0)
		SKIP("no KVM_CAP_XSAVE");
	CHECK(x && y);
	EQUAL(IOCTL(v.vcpu, KVM_GET_XSAVE, x), 0);
	memset((char *)x + 160, 0x3c, 256);	/* xmm0-15 */
	memcpy(&bv, (char *)x + 512, 8);
	bv |= 3;
	memcpy((char *)x + 512, &bv, 8);
	EQUAL(IOCTL(v.vcpu, KVM_SET_XSAVE, x), 0);
	EQUAL(IOCTL(v.vcpu, KVM_GET_XSAVE, y), 0);
	EQUAL(memcmp((char *)x + 160, (char *)y + 160, 256), 0);
	if (!kt_hardware(v.dev))
		return;
	x->region[6] = 0xffff0000;		/* MXCSR: reserved bits */
	EQUAL(IOCTL(v.vcpu, KVM_SET_XSAVE, x), -EINVAL);
	x->region[6] = 0x1f80;
	bv = 1UL << 60 | 3;			/* a component that is none */
	memcpy((char *)x + 512, &bv, 8);
	EQUAL(IOCTL(v.vcpu, KVM_SET_XSAVE, x), -EINVAL);
}

static void xcrs(void)
{
	struct kvm_xcrs x = { 0 };
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_XCRS) <= 0)
		SKIP("no KVM_CAP_XCRS");
	EQUAL(IOCTL(v.vcpu, KVM_GET_XCRS, &x), 0);
	EQUAL(x.nr_xcrs, 1);
	EQUAL(x.xcrs[0].xcr, 0);
	EQUAL(x.xcrs[0].value, 1);
	x.xcrs[0].value = 2;			/* SSE without x87 */
	EQUAL(IOCTL(v.vcpu, KVM_SET_XCRS, &x), -EINVAL);
	x.xcrs[0].value = 1UL << 60 | 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_XCRS, &x), -EINVAL);
	x.xcrs[0].value = 1;
	x.flags = 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_XCRS, &x), -EINVAL);
	x.flags = 0;
	x.nr_xcrs = 17;
	EQUAL(IOCTL(v.vcpu, KVM_SET_XCRS, &x), -EINVAL);
	x.nr_xcrs = 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_XCRS, &x), 0);
}

static void debugregs(void)
{
	struct kvm_debugregs d = { 0 }, e;
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, KVM_CAP_DEBUGREGS) <= 0)
		SKIP("no KVM_CAP_DEBUGREGS");
	EQUAL(IOCTL(v.vcpu, KVM_GET_DEBUGREGS, &d), 0);
	EQUAL(d.dr6, 0xffff0ff0);
	EQUAL(d.dr7, 0x400);
	d.db[0] = 0x1000;
	d.db[3] = 0x7fff00000000;
	d.dr7 = 0x401;
	EQUAL(IOCTL(v.vcpu, KVM_SET_DEBUGREGS, &d), 0);
	EQUAL(IOCTL(v.vcpu, KVM_GET_DEBUGREGS, &e), 0);
	EQUAL(e.db[0], d.db[0]);
	EQUAL(e.db[3], d.db[3]);
	EQUAL(e.dr7, 0x401);
	d.dr7 = 1UL << 32;
	EQUAL(IOCTL(v.vcpu, KVM_SET_DEBUGREGS, &d), -EINVAL);
	d.dr7 = 0x400;
	d.dr6 = 1UL << 32;
	EQUAL(IOCTL(v.vcpu, KVM_SET_DEBUGREGS, &d), -EINVAL);
	d.dr6 = 0xffff0ff0;
	d.flags = 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_DEBUGREGS, &d), -EINVAL);
}

static void mp_state(void)
{
	struct kvm_mp_state m = { 7 };
	struct kt_vm v;

	kt_start(&v, 3);
	EQUAL(IOCTL(v.vcpu, KVM_GET_MP_STATE, &m), 0);
	EQUAL(m.mp_state, KVM_MP_STATE_RUNNABLE);
	EQUAL(IOCTL(v.vcpu, KVM_SET_MP_STATE, &m), 0);
	m.mp_state = 4711;
	EQUAL(IOCTL(v.vcpu, KVM_SET_MP_STATE, &m), -EINVAL);
	/* Without an interrupt controller in the kernel nothing else means anything. */
	m.mp_state = KVM_MP_STATE_SIPI_RECEIVED;
	EQUAL(IOCTL(v.vcpu, KVM_SET_MP_STATE, &m), -EINVAL);
}

static const struct kt_test tests[] = {
	{ .name = "regs", .run = round_trip_regs },
	{ .name = "regs_in_guest", .run = regs_in_guest },
	{ .name = "sregs", .run = round_trip_sregs },
	{ .name = "reset_state", .run = reset_state },
	{ .name = "sregs_refused", .run = sregs_refused },
	{ .name = "cr4_and_cpuid", .run = cr4_and_cpuid },
	{ .name = "entry_refused", .run = entry_refused },
	{ .name = "msrs", .run = msrs_round_trip },
	{ .name = "msrs_refused", .run = msrs_refused },
	{ .name = "msrs_listed", .run = msrs_listed },
	{ .name = "msrs_in_guest", .run = msrs_in_guest },
	{ .name = "fpu", .run = fpu },
	{ .name = "fpu_kept_apart", .run = fpu_kept_apart },
	{ .name = "xsave", .run = xsave },
	{ .name = "xcrs", .run = xcrs },
	{ .name = "debugregs", .run = debugregs },
	{ .name = "mp_state", .run = mp_state },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/state", tests, sizeof(tests) / sizeof(tests[0]));
}
