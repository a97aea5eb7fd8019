/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vMMU as the module sees it: mvm_vmmu_ops, the parameter `roots`, and guest memory under the
 * lock.  What it does and why that is right is in vmmu_int.h.
 */
#include <linux/moduleparam.h>
#include "vmmu_int.h"

static unsigned int roots = CONFIG_KMOD_ROOTS;
module_param(roots, uint, 0444);
MODULE_PARM_DESC(roots, "shadow roots that a VM keeps besides those in use, 0: none");

static int vmmu_vm_init(struct mvm_vm *vm)
{
	struct vmmu *mmu = vmmu_zalloc(sizeof(*mmu));

	if (!mmu)
		return -ENOMEM;
	vmmu_init(mmu, vm, roots);
	vm->mmu_data = mmu;
	return 0;
}

static void vmmu_vm_destroy(struct mvm_vm *vm)
{
	struct vmmu *mmu = vm->mmu_data;

	vm->mmu_data = NULL;
	vmmu_destroy(mmu);
	vmmu_free(mmu);
}

static int vmmu_vcpu_init(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vmmu_zalloc(sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	cpu->mmu = vcpu->vm->mmu_data;
	cpu->vcpu = vcpu;
	vcpu->mmu = cpu;
	return 0;
}

/* The root goes with the VM, which is about to. */
static void vmmu_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;

	vcpu->mmu = NULL;
	vmmu_drain(cpu);
	vmmu_free(cpu);
}

static int vmmu_ops_fault(struct mvm_vcpu *vcpu, u64 gva, u32 code)
{
	u64 fault_gpa;
	u32 error;
	int ret;

	ret = vmmu_fault(vcpu->mmu, gva, code, &error, &fault_gpa);
	switch (ret) {
	case VMMU_GUEST:
		mvm_count(vcpu, faults_guest);
		mvm_queue_pf(vcpu, gva, error);
		return 0;
	case VMMU_NOMEM:
		return -EFAULT;
	default:
		return ret;
	}
}

/* The flush is made here, where it is known whether one is owed. */
static bool vmmu_ops_change(struct mvm_vm *vm, u64 gfn, u64 end, enum mvm_op op)
{
	struct vmmu *mmu = vm->mmu_data;

	if (op == MVM_AGE || op == MVM_TEST)
		return vmmu_age(mmu, gfn, end, op == MVM_TEST);
	if (op == MVM_ZAP ? vmmu_zap(mmu, gfn, end) : vmmu_protect(mmu, gfn, end))
		vmmu_flush_all(mmu);
	return false;
}

static int vmmu_ops_load(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	const struct mvm_regs *r = &vcpu->regs;

	if (unlikely(!cpu->root || cpu->reload ||
		     !vmmu_same_mode(cpu, r->cr0, r->cr3, r->cr4, r->efer)))
		return -EAGAIN;
	vmx_set_root(vcpu, vmmu_table_pa(cpu->root->spt));
	return 0;
}

static int vmmu_ops_prepare(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	const struct mvm_regs *r = &vcpu->regs;
	bool hit;
	int err;

	/*
	 * User space that sets control registers may have written the tables as well, by its own
	 * mapping, which no guard notices.
	 */
	if (cpu->reload) {
		vmmu_lock(vcpu->vm);
		vmmu_forget(cpu->mmu);
		vmmu_unlock(vcpu->vm);
	}
	err = vmmu_switch(cpu, r->cr0, r->cr3, r->cr4, r->efer, &hit);
	cpu->reload = err;
	return err;
}

/* From an ioctl several registers may change one by one: once, before the entry, is enough. */
static void vmmu_ops_cr_changed(struct mvm_vcpu *vcpu, enum mvm_cr cr)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	const struct mvm_regs *r = &vcpu->regs;
	bool hit;

	if (cr == MVM_SREGS || !vcpu->in_run) {
		cpu->reload = true;
		return;
	}
	/* Without success there is no root, and prepare() tries again. */
	if (vmmu_switch(cpu, r->cr0, r->cr3, r->cr4, r->efer, &hit) || cr != MVM_CR3)
		return;
	if (hit)
		mvm_count(vcpu, roots_hit);
	else
		mvm_count(vcpu, roots_miss);
}

static void vmmu_ops_invlpg(struct mvm_vcpu *vcpu, u64 gva)
{
	vmmu_invlpg(vcpu->mmu, gva);
}

static void vmmu_ops_invpcid(struct mvm_vcpu *vcpu)
{
	vmmu_invpcid(vcpu->mmu);
}

const struct mvm_mmu_ops mvm_vmmu_ops = {
	.name = "vMMU",
	.engine = 2,
	.around = 1,
	.vm_init = vmmu_vm_init,
	.vm_destroy = vmmu_vm_destroy,
	.vcpu_init = vmmu_vcpu_init,
	.vcpu_destroy = vmmu_vcpu_destroy,
	.fault = vmmu_ops_fault,
	.change = vmmu_ops_change,
	.load = vmmu_ops_load,
	.prepare = vmmu_ops_prepare,
	.cr_changed = vmmu_ops_cr_changed,
	.invlpg = vmmu_ops_invlpg,
	.invpcid = vmmu_ops_invpcid,
};
