/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of the module asks of VMX: the processor (vmx_cpu.c, vmx_caps.c), a vCPU's VMCS
 * (vmcs.c), one entry and exit (vmenter.S, run.c), and what an exit means (exit*.c).  Encodings
 * come from <asm/vmx.h>; the thirteen instructions are in vmx_ops.h.
 */
#ifndef MVM_VMX_H
#define MVM_VMX_H

#include "vcpu.h"

/* What the processor can and the module uses; read once by vmx_setup(). */
struct vmx_caps {
	u32 pin, cpu, cpu2, exit, entry;	/* controls as every VMCS starts with */
	u64 basic;				/* IA32_VMX_BASIC */
	u64 cr0_must, cr0_may, cr4_must, cr4_may;	/* bits of GUEST_CR0 and GUEST_CR4 */
	u64 xcr0;				/* the host's on every CPU, 0 without XSAVE */
	u32 invept, invvpid;			/* types for one root, and for one VPID */
	bool ept, ept_ad, ept_2m, unrestricted;
	bool vpid, vmfunc, rdtscp;		/* vmfunc: EPTP switching */
};
extern struct vmx_caps vmx_caps;
/* Bits of XCR0 that guests may have: the host's, without what is not switched (PKRU, MPX, AMX). */
static inline u64 mvm_host_xcr0(void)
{
	return vmx_caps.xcr0 & (XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512);
}

/*
 * Module load: looks at CPUID, FEATURE_CONTROL and the capability MSRs of this processor.
 * want_ept, want_vpid: the module's parameters.  -EOPNOTSUPP or -ENODEV, one line in the log.
 */
int vmx_setup(bool want_ept, bool want_vpid);
/* VMXON on all CPUs at the first VM, VMXOFF after the last.  -EBUSY: another hypervisor has it. */
int vmx_cpus_get(void);
void vmx_cpus_put(void);
int vmx_cpus_init(void);		/* hotplug, suspend, reboot hooks */
void vmx_cpus_exit(void);

int vmx_vcpu_init(struct mvm_vcpu *vcpu);	/* may sleep */
void vmx_vcpu_destroy(struct mvm_vcpu *vcpu);

/* The state protocol of vcpu.h. */
void mvm_state_read(struct mvm_vcpu *vcpu, u32 groups);	/* groups that are not there */
static inline void mvm_state_get(struct mvm_vcpu *vcpu, u32 groups)
{
	groups &= ~vcpu->have;
	if (groups)
		mvm_state_read(vcpu, groups);
}
static inline void mvm_state_put(struct mvm_vcpu *vcpu, u32 groups)
{
	vcpu->have |= groups;
	vcpu->dirty |= groups;
}

/* A segment's attributes as the VMCS has them (SDM 3, table 25-2), and back. */
u32 vmx_access_rights(const struct kvm_segment *s, bool is_ldt);
void vmx_set_access_rights(struct kvm_segment *s, u32 ar);

/* For the engines, before an entry; the VMCS is current.  root: EPTP, or CR3 of shadow tables. */
void vmx_set_root(struct mvm_vcpu *vcpu, u64 root);
/*
 * INVEPT of one root, or INVVPID of this vCPU, now, on this CPU, preemption off.  An engine
 * only asks through mvm_flush_vm/vcpu; run.c calls these.
 */
void vmx_flush(struct mvm_vcpu *vcpu);

/*
 * What an exit meant that is no doorbell.  Interrupts on, may sleep.  1: enter again; 0: to user
 * space, run filled; -errno.
 */
int vmx_handle_exit(struct mvm_vcpu *vcpu);

#endif
