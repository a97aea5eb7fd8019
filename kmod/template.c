/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_FREEZE: a VM's memory and vCPUs, copied once into a template.  What clones do with it is
 * clone.c's.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "clone.h"
#include "vmx_int.h"

struct page *mvm_page_alloc(void)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (page)
		mvm_live_inc();
	return page;
}

/* Somebody may have the page mapped, or pinned, and keep it so a little longer. */
void mvm_page_free(struct page *page)
{
	put_page(page);
	mvm_live_dec();
}

int mvm_vcpus_lock(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++) {
		if (mutex_trylock(&vm->vcpus[i]->lock))
			continue;
		while (i--)
			mutex_unlock(&vm->vcpus[i]->lock);
		return -EBUSY;
	}
	return 0;
}

void mvm_vcpus_unlock(struct mvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nvcpus; i++)
		mutex_unlock(&vm->vcpus[i]->lock);
}

/* ---- vCPUs ---- */

static struct mvm_vcpu_state *vcpu_save(struct mvm_vcpu *vcpu)
{
	unsigned int size = vcpu->fpu.fpstate->size;
	struct mvm_vcpu_state *s = kzalloc(struct_size(s, fpu, size), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	if (vcpu->ncpuid) {
		s->cpuid = kmemdup(vcpu->cpuid, vcpu->ncpuid * sizeof(*s->cpuid),
				   GFP_KERNEL_ACCOUNT);
		if (!s->cpuid) {
			kfree(s);
			return NULL;
		}
		s->ncpuid = vcpu->ncpuid;
	}
	mvm_need_state(vcpu, MVM_ST_ALL);
	s->id = vcpu->id;
	s->saved = vcpu->saved;
	s->tsc_khz = vcpu->tsc_khz;
	s->fpu_size = size;
	memcpy(s->fpu, &vcpu->fpu.fpstate->regs, size);
	return s;
}

/* Behind the legacy area and the header a component counts only where the header names it. */
static void fpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu_state *s)
{
	const struct xregs_state *x = (const void *)s->fpu;
	unsigned int size = s->fpu_size;

	if (size > sizeof(*x) && !(x->header.xfeatures & ~(u64)XFEATURE_MASK_FPSSE))
		size = sizeof(*x);
	memcpy(&vcpu->fpu.fpstate->regs, s->fpu, size);
}

void mvm_vcpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu_state *s)
{
	vcpu->saved = s->saved;
	vcpu->run->cr8 = vcpu->regs.cr8;
	to_vmx(vcpu)->triple_fault = false;
	to_vmx(vcpu)->eptp = 0;		/* view 0, wherever the guest was */
	vcpu->root_fixed = false;
	fpu_restore(vcpu, s);
	/* Among them CR3, with which the next entry drops the guest's own translations. */
	mvm_state_put(vcpu, MVM_ST_ALL);
	mvm_cpuid_refresh(vcpu);
	/* An engine drops what it knows of the guest's tables and of the way to them. */
	if (vcpu->vm->mmu->cr_changed)
		vcpu->vm->mmu->cr_changed(vcpu, MVM_SREGS);
}

/* ---- memory ---- */

/*
 * Bytes from hva on that a clone may take for zero without looking: no mapping, or anonymous memory
 * that was never touched.  What is swapped out or belongs to a file is looked at.
 */
static unsigned long zero_bytes(struct mm_struct *mm, unsigned long hva)
{
	struct vm_area_struct *vma;
	unsigned long entry, size = 0;
	bool empty;

	mmap_read_lock(mm);
	vma = find_vma(mm, hva);
	if (!vma) {
		size = TASK_SIZE_MAX - hva;
	} else if (vma->vm_start > hva) {
		size = vma->vm_start - hva;
	} else if (vma_is_anonymous(vma)) {
		entry = mvm_host_entry(mm, hva, &empty);
		if (empty)
			size = min(entry - (hva & (entry - 1)), vma->vm_end - hva);
	}
	mmap_read_unlock(mm);
	return size;
}

static int page_save(struct mvm_template *t, u64 gfn, unsigned long hva)
{
	struct page *from, *copy;
	long n;
	int err = 0;

	n = get_user_pages_unlocked(hva, 1, &from, FOLL_HWPOISON);
	if (n != 1)
		return n == -EFAULT ? 0 : n < 0 ? n : -EINTR;
	if (!memchr_inv(page_address(from), 0, PAGE_SIZE))
		goto out;
	copy = mvm_page_alloc();
	err = -ENOMEM;
	if (!copy)
		goto out;
	copy_page(page_address(copy), page_address(from));
	err = xa_err(xa_store(&t->pages, gfn, copy, GFP_KERNEL_ACCOUNT));
	if (err)
		mvm_page_free(copy);
out:
	put_page(from);
	return err;
}

static int pages_save(struct mvm_template *t, struct mm_struct *mm, const struct mvm_slot *slot)
{
	u64 i = 0;
	int err;

	while (i < slot->npages) {
		unsigned long hva = slot->hva + (i << PAGE_SHIFT);
		unsigned long zero = zero_bytes(mm, hva);

		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (zero) {
			i += zero >> PAGE_SHIFT;
			continue;
		}
		err = page_save(t, slot->gfn + i, hva);
		if (err)
			return err;
		i++;
	}
	return 0;
}

static void template_free(struct kref *ref)
{
	struct mvm_template *t = container_of(ref, struct mvm_template, ref);
	struct page *page;
	unsigned long gfn;
	unsigned int i;

	xa_for_each(&t->pages, gfn, page)
		mvm_page_free(page);
	xa_destroy(&t->pages);
	if (t->zero)
		mvm_page_free(t->zero);
	for (i = 0; i < t->nslots; i++)
		mvm_slot_free(t->slots[i]);
	kfree(t->slots);
	for (i = 0; i < t->nvcpus; i++) {
		kfree(t->vcpus[i]->cpuid);
		kfree(t->vcpus[i]);
	}
	kfree(t);
	mvm_live_dec();
}

void mvm_template_put(struct mvm_template *t)
{
	kref_put(&t->ref, template_free);
}

/* vm->lock and every vCPU's held. */
static int template_fill(struct mvm_template *t, struct mvm_vm *vm)
{
	int err;

	t->zero = mvm_page_alloc();
	if (!t->zero)
		return -ENOMEM;
	clear_page(page_address(t->zero));
	t->vmcall_mode = vm->vmcall_mode == MVM_VMCALL_USER ? MVM_VMCALL_USER : MVM_VMCALL_UD;
	for (; t->nvcpus < vm->nvcpus; t->nvcpus++) {
		t->vcpus[t->nvcpus] = vcpu_save(vm->vcpus[t->nvcpus]);
		if (!t->vcpus[t->nvcpus])
			return -ENOMEM;
	}
	if (!vm->nslots)
		return 0;
	t->slots = kcalloc(vm->nslots, sizeof(*t->slots), GFP_KERNEL_ACCOUNT);
	if (!t->slots)
		return -ENOMEM;
	for (; t->nslots < vm->nslots; t->nslots++) {
		const struct mvm_slot *slot = vm->slots[t->nslots];

		t->slots[t->nslots] = mvm_slot_clone(slot);
		if (!t->slots[t->nslots])
			return -ENOMEM;
		err = pages_save(t, vm->mm, slot);
		if (err) {
			t->nslots++;
			return err;
		}
	}
	return 0;
}

static int freeze(struct mvm_vm *vm)
{
	struct mvm_template *t;
	unsigned int i;
	int err;

	if (vm->clone || vm->frozen)
		return -EINVAL;
	err = mvm_vcpus_lock(vm);
	if (err)
		return err;
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (!t)
		goto out;
	kref_init(&t->ref);
	xa_init(&t->pages);
	mvm_live_inc();
	err = template_fill(t, vm);
	if (err) {
		mvm_template_put(t);
		goto out;
	}
	/* What may be executed is the template's now, which may live longer. */
	for (i = 0; i < t->nslots; i++) {
		t->slots[i]->borrowed = false;
		vm->slots[i]->borrowed = true;
	}
	vm->template = t;
	vm->frozen = true;	/* for KVM_RUN, which looks under the vCPU's lock */
out:
	mvm_vcpus_unlock(vm);
	return err;
}

long mvm_freeze(struct mvm_vm *vm)
{
	long err;

	mutex_lock(&vm->lock);
	err = freeze(vm);
	mutex_unlock(&vm->lock);
	return err;
}
