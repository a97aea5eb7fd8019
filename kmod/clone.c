/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_CLONE: VMs whose memory is a template's, copied page by page when it is written, and how the
 * host sees it (mmap() of the VM's descriptor).  How it becomes the template's again is
 * template.c's.
 *
 * A clone's private pages are in vm->pages by gfn.  One is added under mmu_lock, by
 * mvm_clone_privatize() alone; it goes by what template.c does or with the VM, when no vCPU runs.
 * So a vCPU may use what it found without a reference.
 *
 * The host's page tables point to a page of the template (not writable) or to a private one.  Which
 * one, the fault handler looks up with that page locked, and the lock is held until the entry is
 * written.  Who changes the answer does so first, then waits for the lock of the page that it was,
 * and then takes away what is mapped: no fault can put back the old page afterwards.
 */
#include "clone.h"

struct page *mvm_page_copy(struct page *from)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (page) {
		copy_highpage(page, from);
		mvm_live_inc();
	}
	return page;
}

void mvm_page_free(struct page *page)
{
	if (page) {
		put_page(page);
		mvm_live_dec();
	}
}

void mvm_pages_free(struct mvm_vm *vm)
{
	struct page *page;
	unsigned long gfn;

	xa_for_each(&vm->pages, gfn, page)
		mvm_page_free(page);
	xa_destroy(&vm->pages);
	mvm_page_free(vm->zero);
	vm->zero = NULL;
}

void mvm_clone_host_unmap(struct mvm_vm *vm, u64 gfn, struct page *old)
{
	struct inode *inode;

	smp_mb();		/* the new answer, before we look who may have the old one */
	inode = READ_ONCE(vm->inode);
	if (!inode || !mapping_mapped(inode->i_mapping))
		return;
	lock_page(old);
	unlock_page(old);
	unmap_mapping_pages(inode->i_mapping, gfn, 1, false);
}

static struct page *page_now(struct mvm_vm *vm, u64 gfn)
{
	return (struct page *)xa_load(&vm->pages, gfn) ?: mvm_template_page(vm, gfn);
}

struct page *mvm_clone_privatize(struct mvm_vm *vm, u64 gfn, struct mvm_map *map)
{
	struct page *origin = mvm_template_page(vm, gfn), *page, *have;

	have = xa_load(&vm->pages, gfn);
	if (have)
		return have;
	page = mvm_page_copy(origin);
	if (!page || xa_reserve(&vm->pages, gfn, GFP_KERNEL_ACCOUNT)) {
		mvm_page_free(page);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock(&vm->mmu_lock);
	have = xa_load(&vm->pages, gfn);
	if (!have) {
		xa_store(&vm->pages, gfn, page, GFP_NOWAIT);	/* into what was reserved */
		vm->stats.private_pages++;
		if (map && map->seq == vm->mmu_seq)
			map->seq++;
		mvm_zap(vm, gfn, 1);
	}
	spin_unlock(&vm->mmu_lock);
	if (have) {
		mvm_page_free(page);
		return have;
	}
	mvm_clone_host_unmap(vm, gfn, origin);
	return page;
}

int mvm_clone_look(struct mvm_vm *vm, struct mvm_map *map)
{
	struct page *page;

	page = map->write ? mvm_clone_privatize(vm, map->gfn, map) : page_now(vm, map->gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);
	if (page == mvm_template_page(vm, map->gfn))
		map->prot &= ~MVM_PROT_W;
	map->level = 1;
	map->pfn = page_to_pfn(page);
	return 0;
}

/* ---- the host's view ---- */

/* mmu_lock held.  NULL: no memory there. */
static struct page *page_at(struct mvm_vm *vm, u64 gfn)
{
	return mvm_slot_find(vm, gfn) ? page_now(vm, gfn) : NULL;
}

int mvm_clone_peek(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	struct page *page = page_at(vm, gpa >> PAGE_SHIFT);

	if (!page)
		return -EFAULT;
	*val = READ_ONCE(*(u64 *)(page_address(page) + offset_in_page(gpa)));
	return 0;
}

static vm_fault_t host_fault(struct vm_fault *vmf)
{
	struct mvm_vm *vm = vmf->vma->vm_file->private_data;
	struct page *page;

	spin_lock(&vm->mmu_lock);
	page = page_at(vm, vmf->pgoff);
	if (page)
		get_page(page);		/* may go away as soon as the lock is free */
	spin_unlock(&vm->mmu_lock);
	if (!page)
		return VM_FAULT_SIGBUS;
	lock_page(page);
	if (page != page_now(vm, vmf->pgoff)) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_NOPAGE;		/* the access faults anew */
	}
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

/* A write to a shared mapping, where host_fault() has found the page, now or before. */
static vm_fault_t host_mkwrite(struct vm_fault *vmf)
{
	struct mvm_vm *vm = vmf->vma->vm_file->private_data;
	struct page *page = vmf->page;

	lock_page(page);
	if (xa_load(&vm->pages, vmf->pgoff) == page)
		return VM_FAULT_LOCKED;
	unlock_page(page);
	page = mvm_clone_privatize(vm, vmf->pgoff, NULL);
	if (IS_ERR(page))
		return vmf_error(PTR_ERR(page));
	return VM_FAULT_NOPAGE;		/* the old page is unmapped: the access faults anew */
}

static const struct vm_operations_struct clone_vm_ops = {
	.fault = host_fault,
	.page_mkwrite = host_mkwrite,
};

/* Only a clone has memory of its own to be mapped. */
int mvm_clone_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mvm_vm *vm = file->private_data;
	struct inode *inode = file_inode(file);

	if (!vm->template)
		return -ENODEV;
	if (vm->mm != current->mm)
		return -EIO;
	/* For as long as the VM is there: vCPUs look who maps it when the file may be closed. */
	if (!cmpxchg(&vm->inode, NULL, inode))
		ihold(inode);
	vma->vm_ops = &clone_vm_ops;
	return 0;
}

/* ---- making and unmaking ---- */

int mvm_clone_init(struct mvm_vm *vm, struct mvm_vm *template)
{
	kref_get(&template->ref);
	vm->template = template;
	if (READ_ONCE(template->vmcall_mode) == MVM_VMCALL_USER)
		vm->vmcall_mode = MVM_VMCALL_USER;
	return mvm_slots_clone(vm);
}

/* Once: after the engine and the slots, which may ask, and for a template when it has no clones. */
void mvm_clone_destroy(struct mvm_vm *vm)
{
	mvm_pages_free(vm);
	if (vm->inode)
		iput(vm->inode);
	if (vm->template)
		mvm_vm_put(vm->template);
}
