/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMFUNC leaf 0 (SDM 3, 26.5.6): views of a VM's memory that the guest changes to without an exit.
 * Each has tables of its own; the faults, the notifier and the slots do to every view what they do
 * to view 0 (ept.c), but for the frames that it hides.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "ept.h"
#include "ledger.h"
#include "vmx_int.h"

#define VMFUNC_EPTP_SWITCHING	1	/* bit 0 of the VM-function controls */

/*
 * The guest may be in any view by now, so the EPTP is written once for a vCPU, or again after a
 * reset; which list it has is what vcpu->mmu is for.
 */
void ept_view_load(struct mvm_vcpu *vcpu, struct ept *ept)
{
	if (vcpu->mmu != ept->list) {
		vcpu->mmu = ept->list;
		vmcs_write(VM_FUNCTION_CONTROL, VMFUNC_EPTP_SWITCHING);
		vmcs_write(EPTP_LIST_ADDRESS, __pa(ept->list));
	}
	if (!to_vmx(vcpu)->eptp)
		vmx_set_eptp(vcpu, ept->view[0].eptp);
}

/* VMFUNC leaves the EPTP in the VMCS. */
struct ept_view *ept_view_current(struct mvm_vcpu *vcpu, struct ept *ept)
{
	u64 eptp = vmcs_read(EPT_POINTER);
	unsigned int i;

	for (i = 1; i < ept->nviews; i++) {
		if (ept->view[i].eptp == eptp)
			return &ept->view[i];
	}
	return &ept->view[0];
}

/* vm->lock held.  The list and the view's root exist afterwards. */
static int view_prepare(struct mvm_vm *vm, struct ept *ept, unsigned int index)
{
	struct ept_view *view = &ept->view[index];
	u64 *list = ept->list, *root = view->root;

	if (!list) {
		list = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!list)
			return -ENOMEM;
		list[0] = ept->view[0].eptp;
	}
	if (!root)
		root = ept_table_alloc();
	spin_lock(&vm->mmu_lock);
	ept->list = list;
	if (root && !view->root) {
		list_add(&virt_to_page(root)->lru, &ept->tables);
		view->eptp = ept_pointer(root);
		view->root = root;
		ept->nviews = max(ept->nviews, index + 1);
	}
	spin_unlock(&vm->mmu_lock);
	return root ? 0 : -ENOMEM;
}

static int view_set(struct mvm_vm *vm, const struct mvm_view *args)
{
	struct ept *ept = vm->mmu_data;
	struct ept_view *view = &ept->view[args->index];
	int err = view_prepare(vm, ept, args->index);

	if (err)
		return err;
	spin_lock(&vm->mmu_lock);
	view->hide = args->hide_gpa >> PAGE_SHIFT;
	view->hide_end = view->hide + (args->hide_size >> PAGE_SHIFT);
	/* Nothing that a fault is about to map may go into a view that has changed. */
	vm->mmu_seq++;
	if (vm->mmu->zap(vm, view->hide, view->hide_end))
		mvm_flush_vm(vm);
	/* A page that is not there yet is an EPTP that the processor refuses. */
	WRITE_ONCE(ept->list[args->index], view->eptp);
	spin_unlock(&vm->mmu_lock);
	return 0;
}

long mvm_view_set(struct mvm_vm *vm, const struct mvm_view *args)
{
	long err;

	if (mvm_check_extension(MVM_CAP_VMFUNC) <= 0)
		return -ENOTTY;
	if (!args->index || args->index >= EPT_VIEWS || args->pad ||
	    ((args->hide_gpa | args->hide_size) & ~PAGE_MASK) ||
	    args->hide_gpa + args->hide_size < args->hide_gpa)
		return -EINVAL;
	mutex_lock(&vm->lock);
	err = view_set(vm, args);
	mutex_unlock(&vm->lock);
	return err;
}
