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

/*
 * map.c, mmu_lock held: what the slot says of gfn, into map: hva, prot, sequence, and in level what
 * it would allow.  -EFAULT: no slot, or a write that it forbids.  -EAGAIN: an invalidation
 * of the host's is under way there.
 */
int mvm_slot_look(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map);

/* fpu.c: the guest's FPU state; init may sleep.  The six are for the ioctls of their names. */
void mvm_fpu_setup(void);
int mvm_fpu_init(struct mvm_vcpu *vcpu);
void mvm_fpu_destroy(struct mvm_vcpu *vcpu);
int mvm_get_fpu(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_fpu(struct mvm_vcpu *vcpu, void *arg);
int mvm_get_xsave(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_xsave(struct mvm_vcpu *vcpu, void *arg);
int mvm_get_xcrs(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_xcrs(struct mvm_vcpu *vcpu, void *arg);
/* XCR0 as XSETBV or KVM_SET_XCRS wants it: 0, or 1 where the processor gives #GP (SDM 1, 13.3). */
int mvm_set_xcr0(struct mvm_vcpu *vcpu, u64 xcr0);
/* Components of the XSAVE area that a guest may use: the host's, without what is not switched. */
u64 mvm_supported_xcr0(void);
/* Bytes of an XSAVE area with these components, standard or compacted layout. */
u32 mvm_xsave_size(u64 features, bool compacted);

/* sregs.c: arg is a struct kvm_sregs */
int mvm_get_sregs(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_sregs(struct mvm_vcpu *vcpu, void *arg);
bool mvm_valid_cr0(u64 cr0);	/* no bits that exclude each other, none above 31 */
/* IA32_APIC_BASE: 0, or 1 for reserved bits or a mode that is none. */
int mvm_set_apic_base(struct mvm_vcpu *vcpu, u64 val, bool host);

/* events.c: arg is a struct kvm_vcpu_events, a struct kvm_guest_debug */
int mvm_get_events(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_events(struct mvm_vcpu *vcpu, void *arg);
int mvm_set_guest_debug(struct mvm_vcpu *vcpu, void *arg);

/* cpuid.c */
bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int feature);	/* X86_FEATURE_* */
unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu);	/* its width in bits, at most 64 */
u64 mvm_gpa_reserved(struct mvm_vcpu *vcpu);	/* bits above the guest's physical-address width */
void mvm_cpuid_refresh(struct mvm_vcpu *vcpu);		/* after CR4, XCR0 or APIC_BASE changed */

/* msr.c */
int mvm_msr_list(struct kvm_msr_list __user *arg);	/* KVM_GET_MSR_INDEX_LIST */
long mvm_msr_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, struct kvm_msrs __user *arg);
int mvm_set_tsc_khz(struct mvm_vcpu *vcpu, u32 khz);
/* EFER: 0 or 1 as mvm_msr_set(). */
int mvm_set_efer(struct mvm_vcpu *vcpu, u64 efer, bool host);

/* stats.c */
long mvm_stats_get(struct mvm_vm *vm, struct mvm_stats __user *arg);

#endif
