/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a clone has becomes the template's: a vCPU when it is made, vCPU and memory by MVM_RESET.
 * And MVM_ZERO, after which memory is zero.  Both take private pages away, so both want every vCPU
 * to stand still.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "clone.h"
#include "vmx_int.h"

/* ---- vCPUs ---- */

/* Behind the legacy area and the header a component counts only where the header names it. */
static void fpu_restore(struct mvm_vcpu *vcpu, const struct fpstate *from)
{
	unsigned int size = from->size;

	if (size > sizeof(from->regs.xsave) &&
	    !(from->regs.xsave.header.xfeatures & ~(u64)XFEATURE_MASK_FPSSE))
		size = sizeof(from->regs.xsave);
	memcpy(&vcpu->fpu.fpstate->regs, &from->regs, size);
}

/* vcpu->lock held, or the vCPU is not published: it is as from, the template's, is. */
static void vcpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu *from)
{
	vcpu->saved = from->saved;		/* its TSC runs on from the template's */
	vcpu->run->cr8 = vcpu->regs.cr8;
	to_vmx(vcpu)->triple_fault = false;
	to_vmx(vcpu)->root = 0;		/* view 0, wherever the guest was */
	vcpu->root_fixed = false;
	fpu_restore(vcpu, from->fpu.fpstate);
	/* Among them CR3, with which the next entry drops the guest's own translations. */
	mvm_state_put(vcpu, MVM_ST_ALL);
	mvm_cpuid_refresh(vcpu);
	/* An engine drops what it knows of the guest's tables and of the way to them. */
	if (vcpu->vm->mmu->cr_changed)
		vcpu->vm->mmu->cr_changed(vcpu, MVM_SREGS);
}

int mvm_clone_vcpu_init(struct mvm_vcpu *vcpu)
{
	const struct mvm_vcpu *from = mvm_vcpu_find(vcpu->vm->template, vcpu->id);

	if (!from)
		return -EINVAL;
	if (from->ncpuid) {
		vcpu->cpuid = kmemdup(from->cpuid, from->ncpuid * sizeof(*from->cpuid),
				      GFP_KERNEL_ACCOUNT);
		if (!vcpu->cpuid)
			return -ENOMEM;
		vcpu->ncpuid = from->ncpuid;
		vcpu->vmx.config_stale = true;
	}
	vcpu->tsc_khz = from->tsc_khz;
	vcpu_restore(vcpu, from);
	return 0;
}

/* ---- memory; vm->lock and every vCPU's held ---- */

/* The template's page again. */
static void drop_page(struct mvm_vm *vm, u64 gfn, struct page *page)
{
	spin_lock(&vm->mmu_lock);
	xa_erase(&vm->pages, gfn);
	vm->stats.private_pages--;
	mvm_zap(vm, gfn, 1);
	spin_unlock(&vm->mmu_lock);
	mvm_clone_host_unmap(vm, gfn, page);
	mvm_page_free(page);
}

/* An engine that shadows the guest's own tables has shadowed others than are there now. */
static void drop_shadows(struct mvm_vm *vm)
{
	if (!vm->mmu->cr_changed)
		return;
	spin_lock(&vm->mmu_lock);
	mvm_zap(vm, 0, 1ULL << MVM_GFN_BITS);
	spin_unlock(&vm->mmu_lock);
}

static void reset_memory(struct mvm_vm *vm, unsigned long keep)
{
	struct page *page, *origin;
	unsigned long gfn, n = 0;

	xa_for_each(&vm->pages, gfn, page) {
		origin = mvm_template_page(vm, gfn);
		if (n++ >= keep)
			drop_page(vm, gfn, page);
		else if (origin == vm->template->zero)
			clear_highpage(page);
		else
			copy_highpage(page, origin);
		cond_resched();
	}
	mvm_slots_reset_exec(vm);
	drop_shadows(vm);
}

/* What the template has there is hidden behind pages of zeros; the clone's others go back. */
static int zero_memory(struct mvm_vm *vm, u64 gfn, u64 last)
{
	unsigned long at;
	struct page *page;

	xa_for_each_range(&vm->template->pages, at, page, gfn, last) {
		page = mvm_clone_privatize(vm, at, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page);
		clear_highpage(page);
		cond_resched();
	}
	xa_for_each_range(&vm->pages, at, page, gfn, last) {
		if (mvm_template_page(vm, at) == vm->template->zero)
			drop_page(vm, at, page);
		cond_resched();
	}
	return 0;
}

/* ---- ioctls ---- */

long mvm_reset(struct mvm_vm *vm, unsigned long keep)
{
	unsigned int i;
	long res;

	if (!vm->template)
		return -EINVAL;
	res = mvm_vm_stop(vm);
	if (res)
		return res;
	res = min_t(u64, vm->stats.private_pages, INT_MAX);
	reset_memory(vm, keep);
	for (i = 0; i < vm->nvcpus; i++)
		vcpu_restore(vm->vcpus[i], mvm_vcpu_find(vm->template, vm->vcpus[i]->id));
	mvm_vm_go_on(vm);
	return res;
}

long mvm_zero(struct mvm_vm *vm, const struct mvm_range *range)
{
	long err;

	if (!vm->template)
		return -EINVAL;
	err = mvm_vm_stop(vm);
	if (err)
		return err;
	err = -EINVAL;
	if (mvm_slot_of_range(vm, range->gpa, range->size)) {
		err = zero_memory(vm, range->gpa >> PAGE_SHIFT,
				  (range->gpa + range->size - 1) >> PAGE_SHIFT);
		drop_shadows(vm);
	}
	mvm_vm_go_on(vm);
	return err;
}
