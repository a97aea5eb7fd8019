/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Templates and clones.  MVM_FREEZE makes a VM, while every vCPU of it stands still, a template:
 * its memory is copied; its slots and its vCPUs stay as they are, because from now on nothing
 * changes them, so its clones, which hold a reference of it, read them without a lock.
 *
 * MVM_CLONE: VMs whose memory is a template's, copied page by page when it is written, and how the
 * host sees it (mmap() of the VM's descriptor).  MVM_RESET and MVM_ZERO take private pages of a
 * clone whose vCPUs stand still away, whose memory and vCPUs become the template's again, or whose
 * memory becomes zero.
 *
 * A clone's private pages are in vm->pages by gfn.  One is added under mmu_lock, by privatize()
 * alone; it goes by MVM_RESET or MVM_ZERO or with the VM, when no vCPU runs.  So a vCPU may use
 * what it found without a reference.
 *
 * The host's page tables point to a page of the template (not writable) or to a private one.  Which
 * one, the fault handler looks up with that page locked, and the lock is held until the entry is
 * written.  Who changes the answer does so first, then waits for the lock of the page that it was,
 * and then takes away what is mapped: no fault can put back the old page afterwards.
 */
#include "vmx_int.h"

/* The template's page of a clone's gfn. */
static struct page *template_page(struct mvm_vm *vm, u64 gfn)
{
	return (struct page *)xa_load(&vm->template->pages, gfn) ?: vm->template->zero;
}

/* A new page, counted in mvm_live, like from.  May sleep; NULL: no memory. */
static struct page *page_copy(struct page *from)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (page) {
		copy_highpage(page, from);
		mvm_live_inc();
	}
	return page;
}

/* NULL: nothing.  Somebody may have the page mapped, or pinned, and keep it so a little longer. */
static void page_free(struct page *page)
{
	if (page) {
		put_page(page);
		mvm_live_dec();
	}
}

/* All that the VM has as a template or as a clone. */
static void pages_free(struct mvm_vm *vm)
{
	struct page *page;
	unsigned long gfn;

	xa_for_each(&vm->pages, gfn, page)
		page_free(page);
	xa_destroy(&vm->pages);
	page_free(vm->zero);
	vm->zero = NULL;
}

/* gfn is another page now than old: the host faults again where it had that one. */
static void host_unmap(struct mvm_vm *vm, u64 gfn, struct page *old)
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
	return (struct page *)xa_load(&vm->pages, gfn) ?: template_page(vm, gfn);
}

/*
 * The clone's own page for gfn, made if there is none.  map: of a mvm_map_get() under way, whose
 * sequence number goes along with the change; may be NULL.  May sleep; ERR_PTR.
 */
static struct page *privatize(struct mvm_vm *vm, u64 gfn, struct mvm_map *map)
{
	struct page *origin = template_page(vm, gfn), *have = xa_load(&vm->pages, gfn), *page;

	if (have)
		return have;
	page = page_copy(origin);
	if (!page || xa_reserve(&vm->pages, gfn, GFP_KERNEL_ACCOUNT)) {
		page_free(page);
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
		page_free(page);
		return have;
	}
	host_unmap(vm, gfn, origin);
	return page;
}

int mvm_clone_look(struct mvm_vm *vm, struct mvm_map *map)
{
	struct page *page;

	page = map->write ? privatize(vm, map->gfn, map) : page_now(vm, map->gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);
	if (page == template_page(vm, map->gfn))
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
	page = privatize(vm, vmf->pgoff, NULL);
	/* The old page is unmapped: the access faults anew. */
	return IS_ERR(page) ? vmf_error(PTR_ERR(page)) : VM_FAULT_NOPAGE;
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

/* ---- MVM_FREEZE ---- */

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
	if (!vma || vma->vm_start > hva) {
		size = (vma ? vma->vm_start : TASK_SIZE_MAX) - hva;
	} else if (vma_is_anonymous(vma)) {
		entry = mvm_host_entry(mm, hva, &empty);
		if (empty)
			size = min(entry - (hva & (entry - 1)), vma->vm_end - hva);
	}
	mmap_read_unlock(mm);
	return size;
}

static int page_save(struct mvm_vm *vm, u64 gfn, unsigned long hva)
{
	struct page *from, *copy;
	long n;
	int err = 0;

	n = get_user_pages_unlocked(hva, 1, &from, FOLL_HWPOISON);
	if (n != 1)
		return n == -EFAULT ? 0 : n < 0 ? n : -EINTR;
	if (memchr_inv(page_address(from), 0, PAGE_SIZE)) {
		copy = page_copy(from);
		err = copy ? xa_err(xa_store(&vm->pages, gfn, copy, GFP_KERNEL_ACCOUNT)) : -ENOMEM;
		if (err)
			page_free(copy);
	}
	put_page(from);
	return err;
}

static int pages_save(struct mvm_vm *vm, const struct mvm_slot *slot)
{
	u64 i = 0;
	int err = 0;

	while (i < slot->npages && !err) {
		unsigned long hva = slot->hva + (i << PAGE_SHIFT);
		unsigned long zero = zero_bytes(vm->mm, hva);

		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (!zero)
			err = page_save(vm, slot->gfn + i, hva);
		i += zero ? zero >> PAGE_SHIFT : 1;
	}
	return err;
}

static int freeze(struct mvm_vm *vm)
{
	struct mvm_slot *slot;
	unsigned int i;
	int err;

	if (vm->template || vm->frozen)
		return -EINVAL;
	vm->zero = page_copy(ZERO_PAGE(0));
	if (!vm->zero)
		return -ENOMEM;
	mvm_for_each_slot(slot, vm) {
		err = pages_save(vm, slot);
		if (err) {
			pages_free(vm);
			return err;
		}
	}
	for (i = 0; i < vm->nvcpus; i++)
		mvm_need_state(vm->vcpus[i], MVM_ST_ALL);
	/* For who makes clones, and for the vCPUs' ioctls, which look under the vCPU's lock. */
	smp_store_release(&vm->frozen, true);
	return 0;
}

/* ---- vCPUs ---- */

/* vcpu->lock held, or the vCPU is not published: it is as from, the template's, is. */
static void vcpu_restore(struct mvm_vcpu *vcpu, const struct mvm_vcpu *from)
{
	vcpu->saved = from->saved;		/* its TSC runs on from the template's */
	vcpu->run->cr8 = vcpu->regs.cr8;
	to_vmx(vcpu)->triple_fault = false;
	to_vmx(vcpu)->root = 0;		/* view 0, wherever the guest was */
	vcpu->root_fixed = false;
	memcpy(&vcpu->fpu.fpstate->regs, &from->fpu.fpstate->regs, from->fpu.fpstate->size);
	/* Among them CR3, with which the next entry drops the guest's own translations. */
	mvm_state_put(vcpu, MVM_ST_ALL);
	mvm_cpuid_refresh(vcpu);
	/* An engine drops what it knows of the guest's tables and of the way to them. */
	mvm_cr_changed(vcpu, MVM_SREGS);
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

/* ---- MVM_RESET and MVM_ZERO ---- */

/* The template's page again. */
static void drop_page(struct mvm_vm *vm, u64 gfn, struct page *page)
{
	spin_lock(&vm->mmu_lock);
	xa_erase(&vm->pages, gfn);
	vm->stats.private_pages--;
	mvm_zap(vm, gfn, 1);
	spin_unlock(&vm->mmu_lock);
	host_unmap(vm, gfn, page);
	page_free(page);
}

/* An engine that shadows the guest's own tables has shadowed others than there will be. */
static void drop_shadows(struct mvm_vm *vm)
{
	if (!vm->mmu->cr_changed)
		return;
	spin_lock(&vm->mmu_lock);
	mvm_zap(vm, 0, 1ULL << MVM_GFN_BITS);
	spin_unlock(&vm->mmu_lock);
}

/* The number of private pages that there were, of which so many stay. */
static long reset(struct mvm_vm *vm, unsigned long keep)
{
	long before = min_t(u64, vm->stats.private_pages, INT_MAX);
	struct page *page, *origin;
	unsigned long gfn, n = 0;
	unsigned int i;

	drop_shadows(vm);
	xa_for_each(&vm->pages, gfn, page) {
		origin = template_page(vm, gfn);
		if (n++ >= keep)
			drop_page(vm, gfn, page);
		else if (origin == vm->template->zero)
			clear_highpage(page);
		else
			copy_highpage(page, origin);
		if (n % 64 == 0)
			cond_resched();
	}
	mvm_slots_reset_exec(vm);
	for (i = 0; i < vm->nvcpus; i++)
		vcpu_restore(vm->vcpus[i], mvm_vcpu_find(vm->template, vm->vcpus[i]->id));
	return before;
}

/* What the template has there is hidden behind pages of zeros; the clone's others go back. */
static int zero(struct mvm_vm *vm, const struct mvm_range *range)
{
	u64 gfn = range->gpa >> PAGE_SHIFT, last = (range->gpa + range->size - 1) >> PAGE_SHIFT;
	unsigned long at;
	struct page *page;

	if (!mvm_slot_of_range(vm, range->gpa, range->size))
		return -EINVAL;
	drop_shadows(vm);
	xa_for_each_range(&vm->template->pages, at, page, gfn, last) {
		page = privatize(vm, at, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page);
		clear_highpage(page);
		cond_resched();
	}
	xa_for_each_range(&vm->pages, at, page, gfn, last) {
		if (template_page(vm, at) == vm->template->zero)
			drop_page(vm, at, page);
		cond_resched();
	}
	return 0;
}

/* ---- the ioctls ---- */

long mvm_template_ioctl(struct mvm_vm *vm, unsigned int cmd, unsigned long keep,
			const struct mvm_range *range)
{
	unsigned int stopped = 0;
	long ret;

	/* With every vCPU's lock, so that none runs. */
	while (stopped < vm->nvcpus && mutex_trylock(&vm->vcpus[stopped]->lock))
		stopped++;
	if (stopped < vm->nvcpus)
		ret = -EBUSY;
	else if (cmd == MVM_FREEZE)
		ret = freeze(vm);
	else if (!vm->template)
		ret = -EINVAL;
	else if (cmd == MVM_RESET)
		ret = reset(vm, keep);
	else
		ret = zero(vm, range);
	while (stopped--)
		mutex_unlock(&vm->vcpus[stopped]->lock);
	return ret;
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
	pages_free(vm);
	iput(vm->inode);
	if (vm->template)
		mvm_vm_put(vm->template);
}
