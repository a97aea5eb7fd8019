/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vMMU as the module sees it: mvm_vmmu_ops and the parameter `roots`.  What it does and why
 * that is right is in vmmu_int.h.
 */
#include "vmmu_int.h"

unsigned int vmmu_roots = CONFIG_KMOD_ROOTS;
module_param_named(roots, vmmu_roots, uint, 0444);
MODULE_PARM_DESC(roots, "shadow roots that a VM keeps besides those in use, 0: none");

const struct mvm_mmu_ops mvm_vmmu_ops = {
	.name = "vMMU",
	.engine = 2,
	.around = 1,
	.vm_init = vmmu_vm_init,
	.vm_destroy = vmmu_vm_destroy,
	.vcpu_init = vmmu_vcpu_init,
	.vcpu_destroy = vmmu_vcpu_destroy,
	.fault = vmmu_fault,
	.change = vmmu_change,
	.load = vmmu_load,
	.prepare = vmmu_switch,
	.cr_changed = vmmu_cr_changed,
	.invlpg = vmmu_invlpg,
};
