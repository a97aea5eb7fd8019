/* SPDX-License-Identifier: GPL-2.0-only */
/* The flush ledger's verdicts; the bookkeeping is inline in ledger.h. */
#define pr_fmt(fmt) "mvm: " fmt

#include "ledger.h"

void mvm_ledger_bad(struct mvm_vm *vm, const char *what, u64 have, u64 want)
{
	if (!vm->bugged)
		pr_err("ledger: %s (%llu of %llu)\n", what, have, want);
	WRITE_ONCE(vm->bugged, true);
}

/*
 * Who flushes holds mmu_lock and waits for us, who have interrupts off: what he owes is not due
 * before he has seen us leave.
 */
void mvm_ledger_entry(struct mvm_vcpu *vcpu)
{
	struct mvm_vm *vm = vcpu->vm;
	u64 due = READ_ONCE(vm->ledger_due) + 1;

	if (vm->mmu->engine != 1)
		return;
	if (vcpu->ledger_paid < due)
		mvm_ledger_bad(vm, "entry without INVEPT", vcpu->ledger_paid, due);
	if (spin_trylock(&vm->mmu_lock)) {
		mvm_ledger_settled(vm);
		spin_unlock(&vm->mmu_lock);
	}
}
