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
	switch (cap) {
	case KVM_CAP_USER_MEMORY:
	case KVM_CAP_DESTROY_MEMORY_REGION_WORKS:
	case KVM_CAP_JOIN_MEMORY_REGIONS_WORKS:
	case KVM_CAP_INTERNAL_ERROR_DATA:
	case KVM_CAP_READONLY_MEM:
	case KVM_CAP_IOEVENTFD:
	case KVM_CAP_IOEVENTFD_NO_LENGTH:
	case KVM_CAP_IOEVENTFD_ANY_LENGTH:
	case KVM_CAP_EXT_CPUID:
	case KVM_CAP_GET_TSC_KHZ:
	case KVM_CAP_VCPU_EVENTS:
	case KVM_CAP_DEBUGREGS:
	case KVM_CAP_SET_GUEST_DEBUG:
	case KVM_CAP_MP_STATE:
	case KVM_CAP_IMMEDIATE_EXIT:
	case KVM_CAP_CHECK_EXTENSION_VM:
	case KVM_CAP_NOP_IO_DELAY:
	case KVM_CAP_SYNC_MMU:
	case KVM_CAP_X86_ROBUST_SINGLESTEP:
	case KVM_CAP_XSAVE:		/* without XSAVE: FXSAVE's area in that structure */
		return 1;
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
		return 1;
	case MVM_CAP_CLONE:
		return IS_ENABLED(CONFIG_KMOD_CLONE);
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
