/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's own page tables, read as the processor would (SDM 3, 4.5 to 4.8): what an access
 * through them may do, which #PF it gets, and the accessed and dirty bits it leaves behind.
 */
#include "vmmu_int.h"

/* Bits that must be zero in an entry of this level. */
static u64 reserved_bits(u32 role, int level, u64 gpte)
{
	unsigned int maxpa = (role & ROLE_MAXPA) >> ROLE_MAXPA_SHIFT;
	u64 bits = PT_ADDR & ~((1ULL << maxpa) - 1);

	if (!(role & ROLE_NXE))
		bits |= PT_NX;
	if (level == 4 || (level == 3 && !(role & ROLE_1G)))
		bits |= PT_PS;
	else if (level > 1 && gpte & PT_PS)
		bits |= (level_pages(level) - 1) << 12 & ~(1ULL << 12);	/* bit 12 is PAT */
	return bits;
}

/* SDM 3, 4.6.1.  SMAP with AC set is left to the processor: only it knows implicit accesses. */
static bool permitted(struct mvm_vcpu *vcpu, u32 role, u32 rights, u32 code)
{
	bool user = code & MVM_FAULT_U, write = code & MVM_FAULT_W, fetch = code & MVM_FAULT_I;

	if ((user && !(rights & ROLE_U)) || (fetch && !(rights & ROLE_X)) ||
	    (write && !(rights & ROLE_W) && (user || role & ROLE_WP)))
		return false;
	if (user || !(rights & ROLE_U))
		return true;
	if (fetch)
		return !(role & ROLE_SMEP);
	if (!(role & ROLE_SMAP))
		return true;
	mvm_state_get(vcpu, MVM_ST_RFLAGS);
	return vcpu->regs.rflags & X86_EFLAGS_AC;
}

int vmmu_guest_fault(struct mvm_vcpu *vcpu, u64 gva, u32 error)
{
	struct vmmu_cpu *cpu = vcpu->mmu;

	if (!(cpu->root->role & (ROLE_NXE | ROLE_SMEP)))
		error &= ~MVM_FAULT_I;
	mvm_count(vcpu, faults_guest);
	mvm_queue_pf(vcpu, gva, error);
	return VMMU_QUEUED;
}

/* From the root down, so that no entry is accessed below one that is not. */
static int set_accessed(struct mvm_vcpu *vcpu, struct vmmu_walk *walk, bool write)
{
	int level;

	for (level = 4; level >= walk->level; level--) {
		u64 want = walk->gpte[level] | PT_A | (write && level == walk->level ? PT_D : 0);
		int err;

		if (want == walk->gpte[level])
			continue;
		err = mvm_gpa_cmpxchg64(vcpu->vm, walk->gpa[level], walk->gpte[level], want);
		if (err)
			return err;
		walk->gpte[level] = want;
	}
	return 0;
}

int vmmu_walk(struct mvm_vcpu *vcpu, u64 gva, u32 code, struct vmmu_walk *walk)
{
	const struct vmmu_page *root = ((struct vmmu_cpu *)vcpu->mmu)->root;
	u32 asked = code & (MVM_FAULT_W | MVM_FAULT_U | MVM_FAULT_I), rights = ROLE_RIGHTS;
	u64 table = root->gfn << 12, gpte, low;
	int level, err;

	walk->gva = gva;
	for (level = 4;; level--) {
		walk->gpa[level] = table + pt_index(gva, level) * 8;
		walk->rights[level] = rights;
		err = mvm_gpa_read64(vcpu->vm, walk->gpa[level], &gpte);
		if (err)
			return err;
		if (!(gpte & PT_P))
			return vmmu_guest_fault(vcpu, gva, asked);
		if (gpte & reserved_bits(root->role, level, gpte))
			return vmmu_guest_fault(vcpu, gva, asked | MVM_FAULT_P | MVM_FAULT_RSVD);
		walk->gpte[level] = gpte;
		rights &= (gpte & PT_W ? ROLE_W : 0) | (gpte & PT_U ? ROLE_U : 0) |
			  (gpte & PT_NX ? 0 : ROLE_X);
		table = gpte & PT_ADDR;
		if (level == 1 || gpte & PT_PS)
			break;
	}
	if (!permitted(vcpu, root->role, rights, code))
		return vmmu_guest_fault(vcpu, gva, asked | MVM_FAULT_P);
	low = level_pages(level) - 1;
	walk->level = level;
	walk->gfn = (table >> 12 & ~low) | (gva >> 12 & low);
	/* A large page is as if it had tables below with all rights. */
	while (level--)
		walk->rights[level] = rights;
	return set_accessed(vcpu, walk, code & MVM_FAULT_W);
}
