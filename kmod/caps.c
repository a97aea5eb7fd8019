/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_CHECK_EXTENSION: what this module has of KVM's capabilities, and its own.  A number that
 * is not here answers 0, as KVM answers for what it lacks.
 */
#include <linux/cpumask.h>
#include <linux/module.h>

#include "core.h"
#include "vmx.h"

int mvm_check_extension(long cap)
{
	/* XSAVE without the processor's: FXSAVE's area in that structure. */
	static const u16 there[] = {
		KVM_CAP_USER_MEMORY, KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
		KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, KVM_CAP_INTERNAL_ERROR_DATA,
		KVM_CAP_READONLY_MEM, KVM_CAP_IOEVENTFD, KVM_CAP_IOEVENTFD_NO_LENGTH,
		KVM_CAP_IOEVENTFD_ANY_LENGTH, KVM_CAP_EXT_CPUID, KVM_CAP_GET_TSC_KHZ,
		KVM_CAP_VCPU_EVENTS, KVM_CAP_DEBUGREGS, KVM_CAP_SET_GUEST_DEBUG, KVM_CAP_MP_STATE,
		KVM_CAP_IMMEDIATE_EXIT, KVM_CAP_CHECK_EXTENSION_VM, KVM_CAP_NOP_IO_DELAY,
		KVM_CAP_SYNC_MMU, KVM_CAP_X86_ROBUST_SINGLESTEP, KVM_CAP_XSAVE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(there); i++) {
		if (cap == there[i])
			return 1;
	}
	switch (cap) {
	case KVM_CAP_XCRS:
		return boot_cpu_has(X86_FEATURE_XSAVE);
	case KVM_CAP_SYNC_REGS:
		return KVM_SYNC_X86_VALID_FIELDS;
	case KVM_CAP_NR_VCPUS:
		return min_t(unsigned int, num_online_cpus(), MVM_MAX_VCPUS);
	case KVM_CAP_MAX_VCPUS:
	case KVM_CAP_MAX_VCPU_ID:
		return MVM_MAX_VCPUS;
	case KVM_CAP_NR_MEMSLOTS:
		return MVM_MAX_SLOTS;
	case MVM_CAP_MEM_EXEC:
		return mvm_engine->engine == 1;
	case MVM_CAP_VMCALL:
	case MVM_CAP_CLONE:
		return 1;
	case MVM_CAP_STATS:
		return IS_ENABLED(CONFIG_KMOD_STATS);
	case MVM_CAP_VMFUNC:
		return IS_ENABLED(CONFIG_KMOD_VMFUNC) && vmx_caps.eptp_switching;
	case MVM_CAP_ENGINE:
		return mvm_engine->engine;
	default:
		return 0;
	}
}
