/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the vMMU's logic (vmmu_walk.c, vmmu_page.c, vmmu_sync.c, vmmu_fill.c) needs of the
 * kernel besides vm.h and mmu.h.  The test on the host, tests/vmmu, has a vmmu_host.h that
 * provides the same names, so that the very same files run there.
 */
#ifndef MVM_VMMU_PORT_H
#define MVM_VMMU_PORT_H

#ifdef __KERNEL__

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "core.h"
#include "vmx.h"

/* A zeroed page of page-table entries, and where the processor finds it. */
static inline u64 *vmmu_table_alloc(void)
{
	return (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

static inline void vmmu_table_free(u64 *table)
{
	free_page((unsigned long)table);
}

static inline u64 vmmu_table_pa(const u64 *table)
{
	return __pa(table);
}

/* Zeroed or not, at most 16 KiB; NULL: no memory.  May sleep; free does not. */
static inline void *vmmu_zalloc(size_t size)
{
	return kzalloc(size, GFP_KERNEL_ACCOUNT);
}

static inline void *vmmu_alloc(size_t size)
{
	return kmalloc(size, GFP_KERNEL_ACCOUNT);
}

static inline void vmmu_free(void *p)
{
	kfree(p);
}

static inline void vmmu_lock(struct mvm_vm *vm)
{
	spin_lock(&vm->mmu_lock);
}

static inline void vmmu_unlock(struct mvm_vm *vm)
{
	spin_unlock(&vm->mmu_lock);
}

/* Whether the guest's EFLAGS.AC is set; the vCPU is loaded. */
static inline bool vmmu_guest_ac(struct mvm_vcpu *vcpu)
{
	mvm_state_get(vcpu, MVM_ST_RFLAGS);
	return vcpu->regs.rflags & X86_EFLAGS_AC;
}

/* What of the guest's CPUID decides which bits of its entries are reserved. */
static inline unsigned int vmmu_guest_maxphyaddr(struct mvm_vcpu *vcpu)
{
	return clamp(mvm_maxphyaddr(vcpu), 32U, 52U);	/* of an entry's address, SDM 3, 4.1.4 */
}

/* Changes when they may have. */
static inline const void *vmmu_guest_cpuid(struct mvm_vcpu *vcpu)
{
	return vcpu->cpuid;
}

static inline bool vmmu_guest_gbpages(struct mvm_vcpu *vcpu)
{
	return mvm_cpuid_has(vcpu, X86_FEATURE_GBPAGES);
}

/*
 * Eight bytes of guest memory without sleeping, mmu_lock held, gpa a multiple of 8.  -EFAULT: no
 * memory there, or none at this moment.
 */
static inline int vmmu_peek(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	return mvm_gpa_peek64(vm, gpa, val);
}

#else
#include "vmmu_host.h"
#endif

#endif
