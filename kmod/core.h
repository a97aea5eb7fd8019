/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of devices, VMs and vCPUs share with each other and with nobody else: the
 * engine that was chosen, the count of live objects, register groups by ioctl.
 */
#ifndef MVM_CORE_H
#define MVM_CORE_H

#include <linux/atomic.h>
#include "vcpu.h"

/* The engine of every VM, chosen at module load; NULL before. */
extern const struct mvm_mmu_ops *mvm_engine;

/*
 * Objects with a lifetime of their own (VMs, vCPUs, slots, eventfds, notifiers), counted so that
 * the module can say at its exit whether one was leaked.
 */
extern atomic_t mvm_live;
static inline void mvm_live_inc(void) { atomic_inc(&mvm_live); }
static inline void mvm_live_dec(void) { atomic_dec(&mvm_live); }


/* regs.c: no bits that exclude each other, none above 31 (SDM 3, 2.5) */
bool mvm_valid_cr0(u64 cr0);

/* cpuid.c */
bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int feature);	/* X86_FEATURE_* */
unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu);	/* its width in bits, at most 64 */
u64 mvm_gpa_reserved(struct mvm_vcpu *vcpu);	/* bits above the guest's physical-address width */
void mvm_cpuid_refresh(struct mvm_vcpu *vcpu);		/* after CR4, XCR0 or APIC_BASE changed */
/* XCR0 as XSETBV or KVM_SET_XCRS wants it: 0, or 1 where the processor gives #GP (SDM 1, 13.3). */
int mvm_set_xcr0(struct mvm_vcpu *vcpu, u64 xcr0);
/* Its bits that guests may have: the host's, without what is not switched; those of this guest. */
u64 mvm_host_xcr0(void);
u64 mvm_guest_xcr0(struct mvm_vcpu *vcpu);

/* msr.c */
int mvm_msr_list(struct kvm_msr_list __user *arg);	/* KVM_GET_MSR_INDEX_LIST */
long mvm_msr_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, struct kvm_msrs __user *arg);
int mvm_set_tsc_khz(struct mvm_vcpu *vcpu, u32 khz);

#endif
