/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vMMU as the module sees it: mvm_vmmu_ops, the parameter `roots`, and guest memory under the
 * lock.  What it does and why that is right is in vmmu_int.h.
 */
#include <linux/moduleparam.h>
#include <linux/uaccess.h>
#include "vmmu_int.h"

static unsigned int roots = CONFIG_KMOD_ROOTS;
module_param(roots, uint, 0444);
MODULE_PARM_DESC(roots, "shadow roots that a VM keeps besides those in use, 0: none");

/*
 * The notifier and slot changes come here too, in which case current may be of another process:
 * then the entry counts as unreadable, which drops what depends on it.
 */
int vmmu_peek(struct mvm_vm *vm, u64 gpa, u64 *val)
{
	struct mvm_slot *slot;
	u64 __user *addr;
	int err;

	if (vm->template)
		return mvm_clone_peek(vm, gpa, val);
	slot = mvm_slot_find(vm, gpa >> PAGE_SHIFT);
	if (!slot || !slot->hva || current->mm != vm->mm)
		return -EFAULT;
	addr = (u64 __user *)(slot->hva + (gpa - (slot->gfn << PAGE_SHIFT)));
	pagefault_disable();
	err = __get_user(*val, addr);
	pagefault_enable();
	return err;
}

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
	u32 error;
	int ret;

	ret = vmmu_fault(vcpu->mmu, gva, code, &error, &vcpu->fault_gpa);
	switch (ret) {
	case VMMU_OK:
		return MVM_FAULT_RETRY;
	case VMMU_GUEST:
		mvm_count(vcpu, faults_guest);
		mvm_queue_pf(vcpu, gva, error);
		return MVM_FAULT_GUEST;
	case VMMU_NOMEM:
		return MVM_FAULT_NOMEM;
	default:
		return ret;
	}
}

/* The flush is made here, where it is known whether one is owed. */
static bool vmmu_ops_zap(struct mvm_vm *vm, u64 gfn, u64 end)
{
	struct vmmu *mmu = vm->mmu_data;

	if (vmmu_zap(mmu, gfn, end))
		vmmu_flush_all(mmu);
	return false;
}

static bool vmmu_ops_protect(struct mvm_vm *vm, u64 gfn, u64 end)
{
	struct vmmu *mmu = vm->mmu_data;

	if (vmmu_protect(mmu, gfn, end))
		vmmu_flush_all(mmu);
	return false;
}

static bool vmmu_ops_age(struct mvm_vm *vm, u64 gfn, u64 end, bool test_only)
{
	return vmmu_age(vm->mmu_data, gfn, end, test_only);
}

static int vmmu_ops_load(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	const struct mvm_regs *r = &vcpu->regs;

	if (unlikely(!cpu->root || cpu->reload ||
		     !vmmu_same_mode(cpu, r->cr0, r->cr3, r->cr4, r->efer)))
		return -EAGAIN;
	vmx_set_shadow_cr3(vcpu, vmmu_table_pa(cpu->root->spt));
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
	.vm_init = vmmu_vm_init,
	.vm_destroy = vmmu_vm_destroy,
	.vcpu_init = vmmu_vcpu_init,
	.vcpu_destroy = vmmu_vcpu_destroy,
	.fault = vmmu_ops_fault,
	.zap = vmmu_ops_zap,
	.protect = vmmu_ops_protect,
	.age = vmmu_ops_age,
	.load = vmmu_ops_load,
	.prepare = vmmu_ops_prepare,
	.cr_changed = vmmu_ops_cr_changed,
	.invlpg = vmmu_ops_invlpg,
	.invpcid = vmmu_ops_invpcid,
};
