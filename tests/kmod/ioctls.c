/* SPDX-License-Identifier: MIT */
/*
 * The device, VM and vCPU ioctls with right use and with bad arguments, pointers, sizes and
 * descriptors: Documentation/virt/kvm/api.rst, and for the error numbers what Linux 6.1 answers.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"

#define BAD	0x1000UL		/* no mapping is there */
#define KERNEL	0xffffffff81000000UL	/* nor may user space go there */

KT_GUEST(out_33, "mov $0x33, %dx; out %eax, (%dx)");

static void system_ioctls(void)
{
	int dev = kt_open();
	int vm;

	EQUAL(IOCTL(dev, KVM_GET_API_VERSION, 0), 12);
	EQUAL(IOCTL(dev, KVM_GET_API_VERSION, 1), -EINVAL);
	EQUAL(IOCTL(dev, KVM_GET_VCPU_MMAP_SIZE, 1), -EINVAL);
	CHECK(IOCTL(dev, KVM_GET_VCPU_MMAP_SIZE, 0) >= 2 * 4096);
	EQUAL(IOCTL(dev, KVM_GET_VCPU_MMAP_SIZE, 0) % 4096, 0);
	EQUAL(IOCTL(dev, KVM_CREATE_VM, 0x4711), -EINVAL);
	vm = (int)IOCTL(dev, KVM_CREATE_VM, 0);
	CHECK(vm >= 0);
	close(vm);
	/* VM and vCPU requests are none of the device's. */
	EQUAL(IOCTL(dev, KVM_CREATE_VCPU, 0), -EINVAL);
	EQUAL(IOCTL(dev, KVM_RUN, 0), -EINVAL);
	EQUAL(IOCTL(dev, _IO(KVMIO, 0xff), 0), -EINVAL);
	EQUAL(IOCTL(dev, _IO('x', 1), 0), -EINVAL);
	EQUAL(mmap(NULL, 4096, PROT_READ, MAP_SHARED, dev, 0) == MAP_FAILED, 1);
	EQUAL(read(dev, &vm, 4) < 0 || write(dev, &vm, 4) < 0, 1);
}

static void extensions(void)
{
	static const struct { long cap; const char *name; } needed[] = {
		{ KVM_CAP_USER_MEMORY, "USER_MEMORY" },
		{ KVM_CAP_EXT_CPUID, "EXT_CPUID" },
		{ KVM_CAP_IMMEDIATE_EXIT, "IMMEDIATE_EXIT" },
		{ KVM_CAP_READONLY_MEM, "READONLY_MEM" },
	};
	struct kt_vm v;

	kt_new_vm(&v);
	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (kt_cap(v.dev, needed[i].cap) <= 0)
			FAIL("KVM_CAP_%s is not there", needed[i].name);
	EQUAL(kt_cap(v.dev, 0x7fffffff), 0);
	EQUAL(kt_cap(v.dev, -1), 0);
}

static void extensions_agree(void)
{
	static const long caps[] = {
		KVM_CAP_USER_MEMORY, KVM_CAP_READONLY_MEM, KVM_CAP_IMMEDIATE_EXIT,
		KVM_CAP_SYNC_REGS, KVM_CAP_NR_MEMSLOTS, KVM_CAP_MAX_VCPUS, KVM_CAP_MAX_VCPU_ID,
		KVM_CAP_IOEVENTFD, KVM_CAP_XSAVE, KVM_CAP_XCRS, KVM_CAP_GET_TSC_KHZ,
		KVM_CAP_VCPU_EVENTS, KVM_CAP_DEBUGREGS, KVM_CAP_MP_STATE, KVM_CAP_SET_GUEST_DEBUG,
	};
	struct kt_vm v;

	kt_new_vm(&v);
	if (kt_cap(v.dev, KVM_CAP_CHECK_EXTENSION_VM) <= 0)
		SKIP("no KVM_CAP_CHECK_EXTENSION_VM");
	/* Some that KVM has and we do not may differ; those that mvm.ko has do not. */
	for (unsigned int i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (kt_cap(v.dev, caps[i]) != kt_cap(v.vm, caps[i]))
			FAIL("capability %ld is %d of the device, %d of a VM", caps[i],
			     kt_cap(v.dev, caps[i]), kt_cap(v.vm, caps[i]));
	EQUAL(kt_cap(v.vm, 0x7fffffff), 0);
}

static void vcpu_creation(void)
{
	struct kt_vm v;
	int max;

	kt_new_vm(&v);
	max = kt_cap(v.dev, KVM_CAP_MAX_VCPU_ID);
	if (max <= 0)
		max = kt_cap(v.dev, KVM_CAP_MAX_VCPUS);
	CHECK(max > 0);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, max), -EINVAL);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, -1), -EINVAL);
	kt_new_vcpu(&v);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, 0), -EEXIST);
	CHECK(IOCTL(v.vm, KVM_CREATE_VCPU, max - 1) >= 0);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, max - 1), -EEXIST);
	/* The number lives on when its descriptor is closed. */
	close(v.vcpu);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, 0), -EEXIST);
}

static void vcpu_all(void)
{
	struct kt_vm v;
	int max;

	kt_new_vm(&v);
	if (!kt_is_mvm(v.dev))
		SKIP("hundreds on a KVM");
	max = kt_cap(v.dev, KVM_CAP_MAX_VCPUS);
	for (int i = 0; i < max; i++)
		CHECK(IOCTL(v.vm, KVM_CREATE_VCPU, i) >= 0);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, max), -EINVAL);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, 0), -EINVAL);	/* full comes before taken */
}

static void vcpu_mapping(void)
{
	struct kt_vm v;
	long page = 4096;
	uint8_t *p;

	kt_start(&v, 3);
	CHECK((size_t)v.run_size >= 2 * 4096);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, v.vcpu, page);
	CHECK(p != MAP_FAILED);
	p[0] = 0x5a;
	EQUAL(((uint8_t *)v.run)[4096], 0x5a);
	/* Behind the end there is nothing: a mapping succeeds or not, an access raises SIGBUS. */
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, v.vcpu, 1L << 40);
	if (p != MAP_FAILED) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			(void)*(volatile uint8_t *)p;
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	}
	/* The mapping lives on without the descriptor. */
	close(v.vcpu);
	v.run->immediate_exit = 1;
	CHECK(v.run->immediate_exit == 1);
}

static void wrong_descriptors(void)
{
	struct kt_vm v;
	struct kvm_regs r;
	int pipes[2];

	kt_start(&v, 3);
	CHECK(pipe(pipes) == 0);
	EQUAL(IOCTL(v.vm, KVM_RUN, 0), -ENOTTY);
	EQUAL(IOCTL(v.vm, KVM_GET_REGS, &r), -ENOTTY);
	EQUAL(IOCTL(v.vm, KVM_CREATE_VM, 0), -ENOTTY);
	EQUAL(IOCTL(v.vcpu, KVM_CREATE_VM, 0), -EINVAL);
	EQUAL(IOCTL(v.vcpu, KVM_CREATE_VCPU, 1), -EINVAL);
	EQUAL(IOCTL(v.vcpu, KVM_SET_USER_MEMORY_REGION, BAD), -EINVAL);
	EQUAL(IOCTL(v.vcpu, _IO('x', 1), 0), -EINVAL);
	EQUAL(IOCTL(v.vm, _IO('x', 1), 0), -ENOTTY);
	EQUAL(IOCTL(v.vcpu, _IO(KVMIO, 0xff), 0), -EINVAL);
	EQUAL(IOCTL(v.vm, _IO(KVMIO, 0xff), 0), -ENOTTY);
	CHECK(IOCTL(pipes[0], KVM_RUN, 0) < 0);
	EQUAL(IOCTL(-1, KVM_RUN, 0), -EBADF);
	/* The right number with another size is another request. */
	EQUAL(IOCTL(v.vcpu, _IOR(KVMIO, 0x81, char[8]), &r), -EINVAL);
	EQUAL(IOCTL(v.vcpu, _IOW(KVMIO, 0x82, char[0x1000]), &r), -EINVAL);
	EQUAL(IOCTL(v.vm, _IOW(KVMIO, 0x46, char[8]), &r), -ENOTTY);
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 1), -EINVAL);
}

/* Every request that takes a pointer, with pointers that are none. */
static void bad_pointers(void)
{
	static const struct { unsigned long request; const char *name; } vcpu[] = {
#define R(x) { x, #x }
		R(KVM_GET_REGS), R(KVM_SET_REGS), R(KVM_GET_SREGS), R(KVM_SET_SREGS),
		R(KVM_GET_FPU), R(KVM_SET_FPU), R(KVM_GET_MSRS), R(KVM_SET_MSRS),
		R(KVM_SET_CPUID2), R(KVM_GET_CPUID2), R(KVM_GET_XSAVE), R(KVM_SET_XSAVE),
		R(KVM_GET_XCRS), R(KVM_SET_XCRS), R(KVM_GET_DEBUGREGS), R(KVM_SET_DEBUGREGS),
		R(KVM_GET_VCPU_EVENTS), R(KVM_SET_VCPU_EVENTS), R(KVM_GET_MP_STATE),
		R(KVM_SET_MP_STATE), R(KVM_INTERRUPT), R(KVM_SET_SIGNAL_MASK),
		R(KVM_SET_GUEST_DEBUG),
	}, vm[] = {
		R(KVM_SET_USER_MEMORY_REGION), R(KVM_GET_DIRTY_LOG), R(KVM_IOEVENTFD),
	}, dev[] = {
		R(KVM_GET_SUPPORTED_CPUID), R(KVM_GET_MSR_INDEX_LIST),
#undef R
	};
	static const unsigned long bad[] = { BAD, KERNEL, ~0UL, 1UL << 47 };
	struct kt_vm v;

	kt_start(&v, 3);
	for (unsigned int b = 0; b < 4; b++) {
#define ALL(fd, list) \
		for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++) { \
			long r = IOCTL(fd, list[i].request, bad[b]); \
			if (r != -EFAULT && (r != -EINVAL || kt_cap(v.dev, KVM_CAP_XSAVE) > 0)) \
				FAIL("%s with pointer %#lx answers %ld", list[i].name, bad[b], r); \
		}
		ALL(v.vcpu, vcpu)
		ALL(v.vm, vm)
		ALL(v.dev, dev)
#undef ALL
	}
	/* And the guest still runs. */
	kt_code(&v, out_33);
	kt_run_to_port(&v, 0x33);
}

/* Structures that end exactly where memory does: nothing beyond them is read or written. */
static void exact_sizes(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
#define ROUND(get, set, type) do { \
		type *p = kt_edge(sizeof(type)); \
		EQUAL(IOCTL(v.vcpu, get, p), 0); \
		EQUAL(IOCTL(v.vcpu, set, p), 0); \
		EQUAL(IOCTL(v.vcpu, get, (char *)p + 8), -EFAULT); \
		EQUAL(IOCTL(v.vcpu, set, (char *)p + 8), -EFAULT); \
	} while (0)
	ROUND(KVM_GET_REGS, KVM_SET_REGS, struct kvm_regs);
	ROUND(KVM_GET_SREGS, KVM_SET_SREGS, struct kvm_sregs);
	ROUND(KVM_GET_FPU, KVM_SET_FPU, struct kvm_fpu);
	if (kt_cap(v.dev, KVM_CAP_VCPU_EVENTS) > 0)
		ROUND(KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events);
	if (kt_cap(v.dev, KVM_CAP_DEBUGREGS) > 0)
		ROUND(KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, struct kvm_debugregs);
	if (kt_cap(v.dev, KVM_CAP_XCRS) > 0)
		ROUND(KVM_GET_XCRS, KVM_SET_XCRS, struct kvm_xcrs);
	if (kt_cap(v.dev, KVM_CAP_XSAVE) > 0)
		ROUND(KVM_GET_XSAVE, KVM_SET_XSAVE, struct kvm_xsave);
	if (kt_cap(v.dev, KVM_CAP_MP_STATE) > 0) {
		struct kvm_mp_state *p = kt_edge(sizeof(*p));

		EQUAL(IOCTL(v.vcpu, KVM_GET_MP_STATE, p), 0);
		EQUAL(IOCTL(v.vcpu, KVM_SET_MP_STATE, p), 0);
	}
}

static void cpuid_lists(void)
{
	int dev = kt_open();
	struct kvm_cpuid2 *c;
	const unsigned int room = 256;
	uint32_t n;
	long r;

	c = calloc(1, sizeof(*c) + room * sizeof(c->entries[0]));
	CHECK(c);
	c->nent = room;
	EQUAL(IOCTL(dev, KVM_GET_SUPPORTED_CPUID, c), 0);
	n = c->nent;
	CHECK(n > 4 && n < room);
	CHECK(c->entries[0].function == 0);
	c->nent = 1;
	EQUAL(IOCTL(dev, KVM_GET_SUPPORTED_CPUID, c), -E2BIG);
	c->nent = 0;
	EQUAL(IOCTL(dev, KVM_GET_SUPPORTED_CPUID, c), -E2BIG);
	/* Exactly enough, at the end of memory. */
	c = kt_edge(sizeof(*c) + n * sizeof(c->entries[0]));
	c->nent = n;
	EQUAL(IOCTL(dev, KVM_GET_SUPPORTED_CPUID, c), 0);
	EQUAL(c->nent, n);
	/* More room said than there is: as many as fit are there, or EFAULT. */
	c->nent = ~0U;
	r = IOCTL(dev, KVM_GET_SUPPORTED_CPUID, c);
	CHECK(r == 0 || r == -EFAULT || r == -E2BIG);
}

static void msr_lists(void)
{
	int dev = kt_open();
	struct kvm_msr_list *l = kt_edge(sizeof(*l));
	uint32_t n;

	l->nmsrs = 0;
	EQUAL(IOCTL(dev, KVM_GET_MSR_INDEX_LIST, l), -E2BIG);
	n = l->nmsrs;
	CHECK(n > 4 && n < 1000);
	l = kt_edge(sizeof(*l) + n * sizeof(l->indices[0]));
	l->nmsrs = n;
	EQUAL(IOCTL(dev, KVM_GET_MSR_INDEX_LIST, l), 0);
	EQUAL(l->nmsrs, n);
	l->nmsrs = n - 1;
	EQUAL(IOCTL(dev, KVM_GET_MSR_INDEX_LIST, l), -E2BIG);
	EQUAL(l->nmsrs, n);
}

static void vcpu_cpuid(void)
{
	struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 e[64]; } c = { .head.nent = 64 };
	struct kvm_cpuid2 *small = kt_edge(sizeof(*small));
	struct kt_vm v;
	uint32_t i;

	kt_new_vm(&v);
	kt_new_vcpu(&v);
	EQUAL(IOCTL(v.vcpu, KVM_GET_CPUID2, &c), 0);
	small->nent = 1;
	EQUAL(IOCTL(v.vcpu, KVM_SET_CPUID2, small), -EFAULT);
	small->nent = 257;
	EQUAL(IOCTL(v.vcpu, KVM_SET_CPUID2, small), -E2BIG);
	small->nent = ~0U;
	EQUAL(IOCTL(v.vcpu, KVM_SET_CPUID2, small), -E2BIG);
	kt_set_start(&v, 3);
	c.head.nent = 64;
	EQUAL(IOCTL(v.vcpu, KVM_GET_CPUID2, &c), 0);
	for (i = 0; i < 64 && c.e[i].function != 0x80000000; i++)
		;
	CHECK(i < 64);
	EQUAL(c.e[i].eax, 0x80000008);
	c.head.nent = 1;		/* fewer than were set */
	EQUAL(IOCTL(v.vcpu, KVM_GET_CPUID2, &c), -E2BIG);
}

/* The VM's memory belongs to the process that made it: another one's ioctls get EIO. */
static void another_process(void)
{
	struct kt_vm v;
	struct kvm_regs r;
	int status;
	pid_t pid;

	kt_start(&v, 3);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		EQUAL(IOCTL(v.vcpu, KVM_GET_REGS, &r), -EIO);
		EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EIO);
		EQUAL(kt_slot(v.vm, 1, 0, 1UL << 30, 4096, v.ram), -EIO);
		EQUAL(IOCTL(v.vm, KVM_CREATE_VCPU, 1), -EIO);
		CHECK(IOCTL(v.dev, KVM_CREATE_VM, 0) >= 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	kt_get_regs(&v, &r);
	EQUAL(r.rip, KT_CODE);
}

/* Descriptors in any order: the vCPU keeps the VM. */
static void closing_order(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, out_33);
	close(v.vm);
	close(v.dev);
	kt_run_to_port(&v, 0x33);
	close(v.vcpu);
	EQUAL(IOCTL(v.vcpu, KVM_RUN, 0), -EBADF);
}

static void many_vms(void)
{
	int dev = kt_open(), fd[40], n = kt_in_lab() ? 8 : 40;

	for (int i = 0; i < n; i++) {
		do
			fd[i] = (int)IOCTL(dev, KVM_CREATE_VM, 0);
		while (fd[i] == -EINTR);
		CHECK(fd[i] >= 0);
		CHECK(IOCTL(fd[i], KVM_CREATE_VCPU, 0) >= 0);
	}
	for (int i = 0; i < n; i++)
		close(fd[i]);
}

static const struct kt_test tests[] = {
	{ .name = "system", .run = system_ioctls },
	{ .name = "extensions", .run = extensions },
	{ .name = "extensions_agree", .run = extensions_agree },
	{ .name = "vcpu_creation", .run = vcpu_creation },
	{ .name = "vcpu_all", .run = vcpu_all },
	{ .name = "vcpu_mapping", .run = vcpu_mapping },
	{ .name = "wrong_descriptors", .run = wrong_descriptors },
	{ .name = "bad_pointers", .run = bad_pointers },
	{ .name = "exact_sizes", .run = exact_sizes },
	{ .name = "cpuid_lists", .run = cpuid_lists },
	{ .name = "msr_lists", .run = msr_lists },
	{ .name = "vcpu_cpuid", .run = vcpu_cpuid },
	{ .name = "another_process", .run = another_process },
	{ .name = "closing_order", .run = closing_order },
	{ .name = "many_vms", .run = many_vms },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/ioctls", tests, sizeof(tests) / sizeof(tests[0]));
}
