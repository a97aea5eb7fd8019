/* SPDX-License-Identifier: MIT */
/*
 * All that a vCPU holds besides what a snapshot sets: a guest that has taken its own ring 0 may
 * have put something into any of it.  Read from the fresh vCPU, put back at each reset.  What a
 * device does not have it cannot keep either.
 *
 * Needs (system calls), for VMs that are reset, on the vCPU: ioctl(KVM_SET_XSAVE, KVM_SET_FPU,
 *	KVM_SET_XCRS, KVM_SET_DEBUGREGS, KVM_SET_VCPU_EVENTS, KVM_SET_MSRS, KVM_SET_DEVICE_ATTR)
 */
#include <errno.h>
#include <string.h>
#include "kvm.h"
#include "msg.h"
#include "snap_int.h"

static struct {
	bool has_xsave, has_fpu, has_debug, has_events, has_offset;
	struct kvm_xsave xsave;
	struct kvm_fpu fpu;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	uint64_t tsc_offset;
	struct kvm_msr_value msr[KVM_MSRS_MAX];
	uint32_t nmsrs;
} fresh;

/* If it can be read and written: a device lists some that depend on CPUID. */
static void read_msr(const struct vm *vm, uint32_t index)
{
	struct kvm_msr_value *v = &fresh.msr[fresh.nmsrs];

	v->index = index;
	if (fresh.nmsrs < KVM_MSRS_MAX && !kvm_get_msr(vm->vcpu_fd, index, &v->value) &&
	    !kvm_set_msrs(vm->vcpu_fd, v, 1))
		fresh.nmsrs++;
}

static void read_msrs(const struct vm *vm)
{
	/* Those that snap_setup() has set are among them, whatever the device lists. */
	static const uint32_t own[] = { MSR_STAR, MSR_LSTAR, MSR_FMASK };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		read_msr(vm, own[i]);
	/* The TSC goes on; its offset is put back below. */
	for (uint32_t i = 0; i < vm->nmsrs; i++)
		if (vm->msrs[i] != MSR_TSC && vm->msrs[i] != MSR_STAR &&
		    vm->msrs[i] != MSR_LSTAR && vm->msrs[i] != MSR_FMASK)
			read_msr(vm, vm->msrs[i]);
}

void snap_state_read(const struct vm *vm)
{
	int cpu = vm->vcpu_fd;

	fresh.has_xsave = !kvm_get(cpu, KVM_GET_XSAVE, &fresh.xsave);
	fresh.has_fpu = !fresh.has_xsave && !kvm_get(cpu, KVM_GET_FPU, &fresh.fpu);
	fresh.has_debug = !kvm_get(cpu, KVM_GET_DEBUGREGS, &fresh.debug);
	fresh.has_events = !kvm_get(cpu, KVM_GET_VCPU_EVENTS, &fresh.events);
	fresh.has_offset = !kvm_tsc_offset(cpu, false, &fresh.tsc_offset);
	read_msrs(vm);
}

int snap_state_write(const struct vm *vm, uint64_t xcr0)
{
	int cpu = vm->vcpu_fd, err = 0;

	if (xcr0)
		err = kvm_set_xcr0(cpu, xcr0);
	if (!err && fresh.has_xsave)
		err = kvm_set(cpu, KVM_SET_XSAVE, &fresh.xsave);
	if (!err && fresh.has_fpu)
		err = kvm_set(cpu, KVM_SET_FPU, &fresh.fpu);
	if (!err && fresh.has_debug)
		err = kvm_set(cpu, KVM_SET_DEBUGREGS, &fresh.debug);
	if (!err && fresh.has_events)
		err = kvm_set(cpu, KVM_SET_VCPU_EVENTS, &fresh.events);
	if (!err && fresh.has_offset)
		err = kvm_tsc_offset(cpu, true, &fresh.tsc_offset);
	return err ? err : kvm_set_msrs(cpu, fresh.msr, fresh.nmsrs);
}
