/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMFUNC leaf 0 (SDM 3, 26.5.6): views of a VM's memory that the guest changes to without an exit.
 * Each has tables of its own; the faults, the notifier and the slots do to every view what they do
 * to view 0 (ept.c), but for the frames that it hides.
 */
#include <linux/mm.h>

#include "ept.h"
#include "vmx_int.h"

#define VMFUNC_EPTP_SWITCHING	1	/* bit 0 of the VM-function controls */

void ept_view_load(struct mvm_vcpu *vcpu, struct ept *ept)
{
	if (!vmx_caps.eptp_switching)
		return;
	vmcs_write(VM_FUNCTION_CONTROL, VMFUNC_EPTP_SWITCHING);
	vmcs_write(EPTP_LIST_ADDRESS, __pa(ept->list));
}

/* VMFUNC leaves the EPTP in the VMCS. */
struct ept_view *ept_view_current(struct mvm_vcpu *vcpu, struct ept *ept)
{
	u64 eptp = vmcs_read(EPT_POINTER);
	unsigned int i;

	for (i = 1; i < EPT_VIEWS; i++) {
		if (ept->view[i].eptp == eptp)
			return &ept->view[i];
	}
	return &ept->view[0];
}

long mvm_view_set(struct mvm_vm *vm, const struct mvm_view *args)
{
	struct ept *ept = vm->mmu_data;
	struct ept_view *view;

	if (mvm_check_extension(MVM_CAP_VMFUNC) <= 0)
		return -ENOTTY;
	if (!args->index || args->index >= EPT_VIEWS || args->pad ||
	    ((args->hide_gpa | args->hide_size) & ~PAGE_MASK) ||
	    args->hide_gpa + args->hide_size < args->hide_gpa)
		return -EINVAL;
	view = &ept->view[args->index];
	spin_lock(&vm->mmu_lock);
	view->hide = args->hide_gpa >> PAGE_SHIFT;
	view->hide_end = view->hide + (args->hide_size >> PAGE_SHIFT);
	/* Nothing that a fault is about to map may go into a view that has changed. */
	mvm_zap(vm, view->hide, view->hide_end - view->hide);
	/* An EPTP that is not in the list yet is one that the processor refuses. */
	WRITE_ONCE(ept->list[args->index], view->eptp);
	spin_unlock(&vm->mmu_lock);
	return 0;
}
