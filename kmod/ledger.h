/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flush ledger (CONFIG_KMOD_LEDGER, for the module's own tests): whether every change of the
 * EPT tables that owes an INVEPT got one, on every processor that enters the VM afterwards.  An
 * emulator that flushes its TLB at each exit runs a module that forgets to; this tells.
 *
 * vm->ledger_owed counts changes, vcpu->ledger_paid is 1 more than those that an INVEPT of the vCPU
 * on its present processor has covered (vmx_flush()); 0 is "nothing at all" (vmx_make_current()).
 */
#ifndef MVM_LEDGER_H
#define MVM_LEDGER_H

/* mmu_lock held: a leaf was taken away, or a permission, or it has another frame. */
static inline void mvm_ledger_owe(struct mvm_vm *vm)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		WRITE_ONCE(vm->ledger_owed, vm->ledger_owed + 1);
}

/*
 * Before an entry: interrupts off, in_guest is set, requests were looked at.  Who changes
 * something holds mmu_lock until he has flushed, and waits for us: while he has it nothing is due.
 */
static inline void mvm_ledger_check(struct mvm_vcpu *vcpu)
{
	struct mvm_vm *vm = vcpu->vm;

	if (!IS_ENABLED(CONFIG_KMOD_LEDGER) || vm->mmu->engine != 1 ||
	    !spin_trylock(&vm->mmu_lock))
		return;
	WARN_ONCE(vcpu->ledger_paid <= vm->ledger_owed,
		  "mvm: entry without INVEPT (%llu, %llu changes)\n", vcpu->ledger_paid,
		  vm->ledger_owed);
	spin_unlock(&vm->mmu_lock);
}

#endif
