/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flush ledger (CONFIG_KMOD_LEDGER, for the module's own tests): whether every change of the
 * EPT tables that owes an INVEPT got one, on every processor that enters the VM afterwards.  An
 * emulator that flushes its TLB at each exit runs a module that forgets to; this tells.
 *
 * vm->owed counts changes, vm->due those for which mvm_flush_vm() has returned, vcpu->paid those
 * that an INVEPT of the vCPU on its present processor has covered.  All are 1 more than that, so
 * that 0 is "nothing at all".
 */
#ifndef MVM_LEDGER_H
#define MVM_LEDGER_H

#include "vcpu.h"

/* ledger.c: says what went wrong, once, and lets the VM run no more. */
void mvm_ledger_bad(struct mvm_vm *vm, const char *what, u64 have, u64 want);
void mvm_ledger_entry(struct mvm_vcpu *vcpu);

/* mmu_lock held: a leaf was taken away, or a permission, or it has another frame. */
static inline void mvm_ledger_owe(struct mvm_vm *vm)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		WRITE_ONCE(vm->ledger_owed, vm->ledger_owed + 1);
}

/* mvm_flush_vm() is at its end, mmu_lock held. */
static inline void mvm_ledger_flushed(struct mvm_vm *vm)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		WRITE_ONCE(vm->ledger_due, vm->ledger_owed);
}

/* mmu_lock has just been taken: who had it before has flushed what he changed. */
static inline void mvm_ledger_settled(struct mvm_vm *vm)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER) && vm->ledger_owed != vm->ledger_due)
		mvm_ledger_bad(vm, "changed, not flushed", vm->ledger_due, vm->ledger_owed);
}

/* Before the INVEPT of a vCPU, preemption off. */
static inline void mvm_ledger_pay(struct mvm_vcpu *vcpu)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		vcpu->ledger_paid = READ_ONCE(vcpu->vm->ledger_owed) + 1;
}

/* The vCPU is on another processor, which may know translations from long ago. */
static inline void mvm_ledger_moved(struct mvm_vcpu *vcpu)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		vcpu->ledger_paid = 0;
}

/* Before an entry: interrupts off, mode is MVM_IN_GUEST, requests were looked at. */
static inline void mvm_ledger_check(struct mvm_vcpu *vcpu)
{
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		mvm_ledger_entry(vcpu);
}

#endif
