/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_CLONE: VMs whose memory is a template's, copied page by page when it is written, and how the
 * host sees it (mmap() of the VM's descriptor).  How it becomes the template's again is reset.c's.
 *
 * A clone's private pages are in clone->pages by gfn.  One is added under mmu_lock, by
 * mvm_clone_privatize() alone; it goes by what reset.c does or with the VM, when no vCPU runs.  So
 * a vCPU may use what it found without a reference.
 *
 * The host's page tables point to a page of the template (not writable) or to a private one.  Which
 * one, the fault handler looks up with that page locked, and the lock is held until the entry is
 * written.  Who changes the answer does so first, then waits for the lock of the page that it was,
 * and then takes away what is mapped: no fault can put back the old page afterwards.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "clone.h"
#include "vmx.h"

static bool host_maps(const struct clone *c)
{
	struct inode *inode = smp_load_acquire(&c->inode);

	return inode && mapping_mapped(inode->i_mapping);
}

void mvm_clone_host_unmap(struct clone *c, u64 gfn, struct page *old)
{
	smp_mb();		/* the new answer, before we look who may have the old one */
	if (!host_maps(c))
		return;
	lock_page(old);
	unlock_page(old);
	unmap_mapping_pages(c->inode->i_mapping, gfn, 1, false);
}

static struct page *page_now(struct mvm_vm *vm, u64 gfn)
{
	struct clone *c = vm->clone;

	return (struct page *)xa_load(&c->pages, gfn) ?: mvm_template_page(vm->template, gfn);
}

struct page *mvm_clone_privatize(struct mvm_vm *vm, u64 gfn, struct mvm_map *map)
{
	struct page *origin = mvm_template_page(vm->template, gfn), *page, *have;
	struct clone *c = vm->clone;
	int err;

	have = xa_load(&c->pages, gfn);
	if (have)
		return have;
	page = mvm_page_alloc();
	if (!page)
		return ERR_PTR(-ENOMEM);
	copy_page(page_address(page), page_address(origin));
	err = xa_reserve(&c->pages, gfn, GFP_KERNEL_ACCOUNT);
	if (err) {
		mvm_page_free(page);
		return ERR_PTR(err);
	}
	spin_lock(&vm->mmu_lock);
	have = xa_load(&c->pages, gfn);
	if (!have) {
		xa_store(&c->pages, gfn, page, GFP_NOWAIT);	/* into what was reserved */
		vm->stats.private_pages++;
		if (map && map->seq == vm->mmu_seq)
			map->seq++;
		vm->mmu_seq++;
		if (vm->mmu->zap(vm, gfn, gfn + 1))
			mvm_flush_vm(vm);
	}
	spin_unlock(&vm->mmu_lock);
	if (have) {
		mvm_page_free(page);
		return have;
	}
	mvm_clone_host_unmap(c, gfn, origin);
	return page;
}

int mvm_clone_map_get(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map)
{
	struct page *page;
	int err;

	spin_lock(&vm->mmu_lock);
	err = mvm_slot_look(vm, gfn, write, map);
	spin_unlock(&vm->mmu_lock);
	/* What the host's address space goes through is nothing to a clone. */
	if (err && err != -EAGAIN)
		return err;
	map->hva = 0;
	map->level = 1;
	page = write ? mvm_clone_privatize(vm, gfn, map) : page_now(vm, gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);
	if (page == mvm_template_page(vm->template, gfn))
		map->prot &= ~MVM_PROT_W;
	map->pfn = page_to_pfn(page);
	return 0;
}

int mvm_clone_gpa(struct mvm_vm *vm, u64 gpa, bool write, void **addr)
{
	u64 gfn = gpa >> PAGE_SHIFT;
	struct mvm_slot *slot;
	struct page *page;
	bool ok;

	spin_lock(&vm->mmu_lock);
	slot = mvm_slot_find(vm, gfn);
	ok = slot && !(write && (slot->flags & KVM_MEM_READONLY));
	spin_unlock(&vm->mmu_lock);
	if (!ok)
		return -EFAULT;
	page = write ? mvm_clone_privatize(vm, gfn, NULL) : page_now(vm, gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);
	*addr = page_address(page) + offset_in_page(gpa);
	return 0;
}

/* ---- the host's view ---- */

int mvm_clone_peek(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	u64 gfn = gpa >> PAGE_SHIFT;

	if (!mvm_slot_find(vm, gfn))
		return -EFAULT;
	*val = READ_ONCE(*(u64 *)(page_address(page_now(vm, gfn)) + offset_in_page(gpa)));
	return 0;
}

/* The page that gfn is, locked and referenced; mmu_lock keeps it from going away in between. */
static struct page *page_now_locked(struct mvm_vm *vm, u64 gfn)
{
	struct page *page;

	for (;;) {
		spin_lock(&vm->mmu_lock);
		page = page_now(vm, gfn);
		get_page(page);
		spin_unlock(&vm->mmu_lock);
		lock_page(page);
		if (page == page_now(vm, gfn))
			return page;
		unlock_page(page);
		put_page(page);
	}
}

static bool has_frame(struct mvm_vm *vm, u64 gfn)
{
	bool found;

	spin_lock(&vm->mmu_lock);
	found = mvm_slot_find(vm, gfn);
	spin_unlock(&vm->mmu_lock);
	return found;
}

static vm_fault_t host_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mvm_vm *vm = vma->vm_file->private_data;
	u64 gfn = vmf->pgoff;
	struct page *page;

	if (!has_frame(vm, gfn))
		return VM_FAULT_SIGBUS;
	if ((vmf->flags & FAULT_FLAG_WRITE) && (vma->vm_flags & VM_SHARED)) {
		page = mvm_clone_privatize(vm, gfn, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	}
	vmf->page = page_now_locked(vm, gfn);
	return VM_FAULT_LOCKED;
}

/* A write where the host has a page that it may only read. */
static vm_fault_t host_mkwrite(struct vm_fault *vmf)
{
	struct mvm_vm *vm = vmf->vma->vm_file->private_data;
	struct clone *c = vm->clone;
	u64 gfn = vmf->pgoff;
	struct page *page = vmf->page;

	lock_page(page);
	if (xa_load(&c->pages, gfn) == page)
		return VM_FAULT_LOCKED;
	unlock_page(page);
	page = mvm_clone_privatize(vm, gfn, NULL);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;		/* the old page is unmapped: the access faults anew */
}

static const struct vm_operations_struct clone_vm_ops = {
	.fault = host_fault,
	.page_mkwrite = host_mkwrite,
};

int mvm_clone_mmap(struct mvm_vm *vm, struct vm_area_struct *vma)
{
	struct clone *c = vm->clone;
	struct inode *inode = file_inode(vma->vm_file);

	mutex_lock(&vm->lock);
	if (!c->inode) {
		ihold(inode);
		smp_store_release(&c->inode, inode);
	}
	mutex_unlock(&vm->lock);
	vma->vm_ops = &clone_vm_ops;
	return 0;
}

/* ---- making and unmaking ---- */

static int clone_fill(struct mvm_vm *vm, struct mvm_template *t)
{
	struct clone *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return -ENOMEM;
	xa_init(&c->pages);
	kref_get(&t->ref);
	vm->template = t;
	vm->clone = c;
	vm->vmcall_mode = t->vmcall_mode;
	if (!t->nslots)
		return 0;
	vm->slots = kmalloc_array(t->nslots, sizeof(*vm->slots), GFP_KERNEL_ACCOUNT);
	if (!vm->slots)
		return -ENOMEM;
	vm->slots_max = t->nslots;
	while (vm->nslots < t->nslots) {
		struct mvm_slot *slot = mvm_slot_clone(t->slots[vm->nslots]);

		if (!slot)
			return -ENOMEM;
		vm->slots[vm->nslots++] = slot;
	}
	return 0;
}

long mvm_clone(struct mvm_vm *vm)
{
	struct mvm_vm *clone;
	bool frozen;
	int err;

	mutex_lock(&vm->lock);
	frozen = vm->frozen;
	mutex_unlock(&vm->lock);
	if (!frozen)
		return -EINVAL;
	clone = mvm_vm_alloc();
	if (IS_ERR(clone))
		return PTR_ERR(clone);
	err = clone_fill(clone, vm->template);
	if (err) {
		mvm_vm_put(clone);
		return err;
	}
	return mvm_vm_fd(clone);
}

const struct mvm_vcpu_state *mvm_clone_state(struct mvm_vcpu *vcpu)
{
	struct mvm_template *t = vcpu->vm->template;
	unsigned int i;

	for (i = 0; i < t->nvcpus; i++) {
		if (t->vcpus[i]->id == vcpu->id)
			return t->vcpus[i];
	}
	return NULL;
}

int mvm_clone_vcpu_init(struct mvm_vcpu *vcpu)
{
	const struct mvm_vcpu_state *s = mvm_clone_state(vcpu);

	if (!s)
		return -EINVAL;
	if (s->ncpuid) {
		vcpu->cpuid = kmemdup(s->cpuid, s->ncpuid * sizeof(*s->cpuid), GFP_KERNEL_ACCOUNT);
		if (!vcpu->cpuid)
			return -ENOMEM;
		vcpu->ncpuid = s->ncpuid;
		vmx_config_changed(vcpu);
	}
	vcpu->tsc_khz = s->tsc_khz;
	mvm_vcpu_restore(vcpu, s);
	return 0;
}

void mvm_clone_destroy(struct mvm_vm *vm)
{
	struct clone *c = vm->clone;
	struct page *page;
	unsigned long gfn;

	if (c) {
		xa_for_each(&c->pages, gfn, page)
			mvm_page_free(page);
		xa_destroy(&c->pages);
		if (c->inode)
			iput(c->inode);
		kfree(c);
		vm->clone = NULL;	/* the engine is destroyed next, and may ask */
	}
	if (vm->template)
		mvm_template_put(vm->template);
}
