/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What template.c (a VM as it was frozen), clone.c (VMs made from it) and reset.c share.
 */
#ifndef MVM_CLONE_H
#define MVM_CLONE_H

#include <linux/kref.h>
#include <linux/xarray.h>
#include "core.h"

/* A vCPU as MVM_FREEZE found it; CPUID and TSC frequency are for new vCPUs alone. */
struct mvm_vcpu_state {
	u32 id;
	struct mvm_saved saved;		/* a clone's TSC runs on from the template's */
	u32 tsc_khz;
	struct kvm_cpuid_entry2 *cpuid;
	unsigned int ncpuid;
	unsigned int fpu_size;
	u8 fpu[];			/* fxregs_state or xregs_state, as the kernel has it */
};

/* Does not change once it is made, so that clones read it without a lock. */
struct mvm_template {
	struct kref ref;		/* the frozen VM's and each clone's */
	struct xarray pages;		/* by gfn: those that are not all zero */
	struct page *zero;		/* in place of all others */
	struct mvm_slot **slots;	/* hva 0, no dirty log */
	unsigned int nslots;
	struct mvm_vcpu_state *vcpus[MVM_MAX_VCPUS];
	unsigned int nvcpus;
	u32 vmcall_mode;
};

struct clone {
	struct xarray pages;		/* by gfn: the private ones */
	struct inode *inode;		/* of the descriptor, since it was first mapped */
};

static inline struct page *mvm_template_page(struct mvm_template *t, u64 gfn)
{
	return (struct page *)xa_load(&t->pages, gfn) ?: t->zero;
}

/*
 * memslot.c.  A slot of the same place, READONLY, and what may be executed, which is borrowed from
 * the other until it is changed.  NULL: no memory.
 */
struct mvm_slot *mvm_slot_clone(const struct mvm_slot *from);
/* vm->lock held: what may be executed is as from, a template's slot, says. */
void mvm_slot_reset_exec(struct mvm_vm *vm, struct mvm_slot *slot, const struct mvm_slot *from);
void mvm_template_put(struct mvm_template *t);
/* A page, counted in mvm_live.  May sleep; NULL: no memory. */
struct page *mvm_page_alloc(void);
void mvm_page_free(struct page *page);

/* vm->lock held: every vCPU's lock, or none and -EBUSY. */
int mvm_vcpus_lock(struct mvm_vm *vm);
void mvm_vcpus_unlock(struct mvm_vm *vm);

/*
 * The clone's own page for gfn, made if there is none.  map: of a mvm_map_get() under way, whose
 * sequence number goes along with the change; may be NULL.  May sleep; ERR_PTR.
 */
struct page *mvm_clone_privatize(struct mvm_vm *vm, u64 gfn, struct mvm_map *map);
/* gfn is another page now than old: the host faults again where it had that one. */
void mvm_clone_host_unmap(struct clone *c, u64 gfn, struct page *old);
/* As the template's vCPU of the same number was; NULL: it has none. */
const struct mvm_vcpu_state *mvm_clone_state(struct mvm_vcpu *vcpu);

/* vcpu->lock held, or the vCPU is not published: it is as the state says. */
void mvm_vcpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu_state *s);

#endif
