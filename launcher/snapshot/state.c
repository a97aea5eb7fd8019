/* SPDX-License-Identifier: MIT */
/*
 * All that a vCPU holds: a guest that has taken its own ring 0 may have put something into any of
 * it.  What a snapshot does not say is read from the fresh vCPU, and put back at each reset.  What
 * a device does not have it cannot keep either.
 *
 * General, segment and control registers and pending events lie in the vCPU's mapping until the
 * next KVM_RUN takes them, where the device can do that (KVM_CAP_SYNC_REGS): a call less for each.
 *
 * Needs (system calls), for VMs that are reset, on the vCPU: ioctl(KVM_SET_XSAVE, KVM_SET_FPU,
 *	KVM_SET_XCRS, KVM_SET_DEBUGREGS, KVM_SET_VCPU_EVENTS, KVM_SET_MSRS, KVM_SET_DEVICE_ATTR,
 *	KVM_SET_SREGS, KVM_SET_REGS)
 */
#include <errno.h>
#include <string.h>
#include "kvm.h"
#include "msg.h"
#include "snap_int.h"

#define SYNCED	(KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

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

static void add_msr(uint32_t index)
{
	for (uint32_t i = 0; i < fresh.nmsrs; i++)
		if (fresh.msr[i].index == index)
			return;
	if (fresh.nmsrs < KVM_MSRS_MAX)
		fresh.msr[fresh.nmsrs++].index = index;
}

/*
 * Whatever the device lists; those that snap_setup() has set; and those that KVM keeps for a guest
 * without listing them: MTRRs, the bank of machine checks, TSC_AUX (SDM volume 4, table 2-2), VM_CR
 * (APM volume 2, 15.30.1).  The TSC goes on; its offset is put back.
 */
static void name_msrs(const struct vm *vm)
{
	static const struct { uint32_t first, n; } more[] = {
		{ MSR_STAR, 2 }, { MSR_FMASK, 1 }, { 0xc0000103, 1 },
		{ 0xc0010114, 1 },
		{ 0x200, 16 }, { 0x250, 1 }, { 0x258, 2 }, { 0x268, 8 }, { 0x2ff, 1 },
		{ 0x280, 1 }, { 0x400, 4 },
	};

	fresh.nmsrs = 0;
	for (uint32_t i = 0; i < vm->nmsrs; i++)
		if (vm->msrs[i] != MSR_TSC)
			add_msr(vm->msrs[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		for (uint32_t k = 0; k < more[i].n; k++)
			add_msr(more[i].first + k);
}

/*
 * Those that can be read and written remain: a device lists some that depend on CPUID.  A call
 * stops at the first that it refuses, and goes on behind it.
 */
static void read_msrs(int cpu)
{
	for (int set = 0; set < 2; set++)
		for (uint32_t at = 0; at < fresh.nmsrs; ) {
			int n = kvm_msrs(cpu, set, fresh.msr + at, fresh.nmsrs - at);

			at += n > 0 ? (uint32_t)n : 0;
			if (at < fresh.nmsrs)
				memmove(fresh.msr + at, fresh.msr + at + 1,
					(--fresh.nmsrs - at) * sizeof(fresh.msr[0]));
		}
}

void snap_state_read(const struct vm *vm)
{
	int cpu = vm->vcpu_fd;

	/* One bank of them instead of 32, each four MSRs. */
	kvm_one_mce_bank(cpu);
	fresh.has_xsave = !kvm_get(cpu, KVM_GET_XSAVE, &fresh.xsave);
	fresh.has_fpu = !fresh.has_xsave && !kvm_get(cpu, KVM_GET_FPU, &fresh.fpu);
	fresh.has_debug = !kvm_get(cpu, KVM_GET_DEBUGREGS, &fresh.debug);
	fresh.has_events = !kvm_get(cpu, KVM_GET_VCPU_EVENTS, &fresh.events);
	fresh.has_offset = !kvm_tsc_offset(cpu, false, &fresh.tsc_offset);
	name_msrs(vm);
	read_msrs(cpu);
}

static int set_registers(const struct vm *vm, const struct kvm_regs *regs,
			 const struct kvm_sregs *sregs)
{
	struct kvm_run *run = vm->run;
	int err = 0;

	/* Every KVM_RUN takes it from here, and at each exit it comes from the guest. */
	run->cr8 = sregs->cr8;
	if (fresh.has_events && (vm->sync_regs & SYNCED) == SYNCED) {
		run->s.regs.regs = *regs;
		run->s.regs.sregs = *sregs;
		run->s.regs.events = fresh.events;
		run->kvm_dirty_regs = SYNCED;
		return 0;
	}
	if (fresh.has_events)
		err = kvm_set(vm->vcpu_fd, KVM_SET_VCPU_EVENTS, &fresh.events);
	if (!err)
		err = kvm_set_sregs(vm->vcpu_fd, sregs);
	return err ? err : kvm_set_regs(vm->vcpu_fd, regs);
}

int snap_state_write(const struct vm *vm, uint64_t xcr0, const struct kvm_regs *regs,
		     const struct kvm_sregs *sregs)
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
	if (!err && fresh.has_offset)
		err = kvm_tsc_offset(cpu, true, &fresh.tsc_offset);
	if (!err)
		err = kvm_set_msrs(cpu, fresh.msr, fresh.nmsrs);
	return err ? err : set_registers(vm, regs, sregs);
}
