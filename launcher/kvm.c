/* SPDX-License-Identifier: MIT */
/*
 * The KVM ioctls.  This file and nothing else depends on how the device is spoken to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kvm.h"

#define CPUID_MAX	64
#define MSRS_MAX	KVM_MSRS_MAX

/* MVM_CAP_RUN_SEEK of the device that was opened last: a process has one. */
static bool run_seeks;

static int call(int fd, unsigned long request, unsigned long arg)
{
	int r = ioctl(fd, request, arg);

	return r < 0 ? -errno : r;
}

int kvm_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int version;

	if (fd < 0)
		return -errno;
	version = call(fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION) {
		close(fd);
		return version < 0 ? version : -ENODEV;
	}
	run_seeks = kvm_check_extension(fd, MVM_CAP_RUN_SEEK) > 0;
	return fd;
}

int kvm_check_extension(int fd, int cap)
{
	return call(fd, KVM_CHECK_EXTENSION, cap);
}

int kvm_create_vm(int dev)
{
	int r;

	do
		r = call(dev, KVM_CREATE_VM, 0);
	while (r == -EINTR);
	return r;
}

int kvm_create_vcpu(int vm)
{
	return call(vm, KVM_CREATE_VCPU, 0);
}

int kvm_vcpu_mmap_size(int dev)
{
	return call(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
}

int kvm_add_memslot(int vm, uint32_t slot, uint64_t gpa, uint64_t size, void *hva)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	return call(vm, KVM_SET_USER_MEMORY_REGION, (unsigned long)&r);
}

int kvm_set_exec(int vm, uint64_t gpa, uint64_t size, uint32_t mode)
{
	struct mvm_exec e = { .gpa = gpa, .size = size, .mode = mode };

	return call(vm, MVM_SET_EXEC, (unsigned long)&e);
}

int kvm_freeze(int vm)
{
	return call(vm, MVM_FREEZE, 0);
}

int kvm_clone(int template)
{
	return call(template, MVM_CLONE, 0);
}

int kvm_reset(int vm, uint64_t keep)
{
	return call(vm, MVM_RESET, keep);
}

int kvm_zero(int vm, uint64_t gpa, uint64_t size)
{
	struct mvm_range r = { .gpa = gpa, .size = size };

	return call(vm, MVM_ZERO, (unsigned long)&r);
}

int kvm_set_cpuid(int vcpu, const struct kvm_cpuid_entry2 *entries, uint32_t n)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[CPUID_MAX];
	} c = { .head.nent = n };

	if (n > CPUID_MAX)
		return -E2BIG;
	memcpy(c.entries, entries, n * sizeof(*entries));
	return call(vcpu, KVM_SET_CPUID2, (unsigned long)&c);
}

int kvm_get_regs(int vcpu, struct kvm_regs *r)
{
	return call(vcpu, KVM_GET_REGS, (unsigned long)r);
}

int kvm_set_regs(int vcpu, const struct kvm_regs *r)
{
	return call(vcpu, KVM_SET_REGS, (unsigned long)r);
}

int kvm_get_sregs(int vcpu, struct kvm_sregs *s)
{
	return call(vcpu, KVM_GET_SREGS, (unsigned long)s);
}

int kvm_set_sregs(int vcpu, const struct kvm_sregs *s)
{
	return call(vcpu, KVM_SET_SREGS, (unsigned long)s);
}

int kvm_set_xcr0(int vcpu, uint64_t xcr0)
{
	struct kvm_xcrs x = { .nr_xcrs = 1, .xcrs[0] = { .xcr = 0, .value = xcr0 } };

	return call(vcpu, KVM_SET_XCRS, (unsigned long)&x);
}

struct msrs {
	struct kvm_msrs head;
	struct kvm_msr_entry entries[MSRS_MAX];
};

/* How many it managed, in the order of v. */
static int msr_call(int vcpu, unsigned long request, struct msrs *m,
		    const struct kvm_msr_value *v, uint32_t n)
{
	if (n > MSRS_MAX)
		return -E2BIG;
	m->head = (struct kvm_msrs){ .nmsrs = n };
	for (uint32_t i = 0; i < n; i++)
		m->entries[i] = (struct kvm_msr_entry){ .index = v[i].index, .data = v[i].value };
	return call(vcpu, request, (unsigned long)m);
}

int kvm_msrs(int vcpu, bool set, struct kvm_msr_value *v, uint32_t n)
{
	struct msrs m;
	int r = msr_call(vcpu, set ? KVM_SET_MSRS : KVM_GET_MSRS, &m, v, n);

	for (int i = 0; i < r && !set; i++)
		v[i].value = m.entries[i].data;
	return r;
}

int kvm_set_msrs(int vcpu, const struct kvm_msr_value *v, uint32_t n)
{
	struct msrs m;
	int r = msr_call(vcpu, KVM_SET_MSRS, &m, v, n);

	return r < 0 ? r : (uint32_t)r == n ? 0 : -EINVAL;
}

int kvm_get_msr(int vcpu, uint32_t index, uint64_t *value)
{
	struct kvm_msr_value v = { .index = index };
	int r = kvm_msrs(vcpu, false, &v, 1);

	*value = v.value;
	return r < 0 ? r : r == 1 ? 0 : -EINVAL;
}

uint32_t kvm_msr_list(int dev, uint32_t index[KVM_MSRS_MAX])
{
	struct {
		struct kvm_msr_list head;
		uint32_t index[KVM_MSRS_MAX];
	} list;

	list.head.nmsrs = KVM_MSRS_MAX;
	if (call(dev, KVM_GET_MSR_INDEX_LIST, (unsigned long)&list) < 0)
		return 0;
	memcpy(index, list.index, list.head.nmsrs * sizeof(index[0]));
	return list.head.nmsrs;
}

int kvm_get(int vcpu, unsigned long request, void *state)
{
	return call(vcpu, request, (unsigned long)state);
}

int kvm_set(int vcpu, unsigned long request, const void *state)
{
	return call(vcpu, request, (unsigned long)state);
}

int kvm_tsc_offset(int vcpu, bool set, uint64_t *offset)
{
	struct kvm_device_attr a = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)offset,
	};

	return call(vcpu, set ? KVM_SET_DEVICE_ATTR : KVM_GET_DEVICE_ATTR, (unsigned long)&a);
}

int kvm_tsc_khz(int vcpu)
{
	return call(vcpu, KVM_GET_TSC_KHZ, 0);
}

int kvm_one_mce_bank(int vcpu)
{
	uint64_t capabilities = 1;

	return call(vcpu, KVM_X86_SETUP_MCE, (unsigned long)&capabilities);
}

int kvm_run(int vcpu)
{
	if (run_seeks)
		return lseek(vcpu, 0, MVM_RUN_SEEK) < 0 ? -errno : 0;
	return call(vcpu, KVM_RUN, 0);
}

bool kvm_run_seeks(void)
{
	return run_seeks;
}

int kvm_interrupt(int vcpu, uint32_t vector)
{
	struct kvm_interrupt i = { .irq = vector };

	return call(vcpu, KVM_INTERRUPT, (unsigned long)&i);
}
