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

static u32 entry_rights(u64 gpte)
{
	return (gpte & PT_W ? ROLE_W : 0) | (gpte & PT_U ? ROLE_U : 0) |
	       (gpte & PT_NX ? 0 : ROLE_X);
}

/* SDM 3, 4.6.1.  SMAP with AC set is left to the processor: only it knows implicit accesses. */
static bool permitted(struct vmmu_cpu *cpu, u32 rights, u32 code)
{
	if (code & MVM_FAULT_U) {
		if (!(rights & ROLE_U))
			return false;
		if (code & MVM_FAULT_W && !(rights & ROLE_W))
			return false;
		return !(code & MVM_FAULT_I) || rights & ROLE_X;
	}
	if (code & MVM_FAULT_I)
		return rights & ROLE_X && !(rights & ROLE_U && cpu->cr4 & X86_CR4_SMEP);
	if (rights & ROLE_U && cpu->cr4 & X86_CR4_SMAP && !vmmu_guest_ac(cpu->vcpu))
		return false;
	return !(code & MVM_FAULT_W) || rights & ROLE_W || !(cpu->cr0 & X86_CR0_WP);
}

static int guest_fault(struct vmmu_cpu *cpu, struct vmmu_walk *walk, u32 code, u32 why)
{
	u32 keep = MVM_FAULT_W | MVM_FAULT_U;

	if (cpu->efer & EFER_NX || cpu->cr4 & X86_CR4_SMEP)
		keep |= MVM_FAULT_I;
	walk->error = (code & keep) | why;
	return VMMU_GUEST;
}

/* From the root down, so that no entry is accessed below one that is not. */
static int set_accessed(struct vmmu_cpu *cpu, struct vmmu_walk *walk, bool write)
{
	int level;

	for (level = 4; level >= walk->level; level--) {
		u64 want = walk->gpte[level] | PT_A;
		int err;

		if (write && level == walk->level)
			want |= PT_D;
		if (want == walk->gpte[level])
			continue;
		err = mvm_gpa_cmpxchg64(cpu->mmu->vm, walk->gpa[level], walk->gpte[level], want);
		if (err == -EFAULT) {
			walk->fault_gpa = walk->gpa[level];
			return VMMU_NOMEM;
		}
		if (err)
			return err == -EAGAIN ? VMMU_AGAIN : err;
		walk->gpte[level] = want;
	}
	return VMMU_OK;
}

static int walk_once(struct vmmu_cpu *cpu, u64 gva, u32 code, struct vmmu_walk *walk)
{
	u64 table = cpu->cr3 & PT_ADDR;
	u32 rights = ROLE_RIGHTS;
	u64 gpte;
	int level = 4, err;

	walk->gva = gva;
	for (;; level--) {
		walk->gpa[level] = table + pt_index(gva, level) * 8;
		walk->rights[level] = rights;
		err = mvm_gpa_read64(cpu->mmu->vm, walk->gpa[level], &gpte);
		if (err == -EFAULT) {
			walk->fault_gpa = walk->gpa[level];
			return VMMU_NOMEM;
		}
		if (err)
			return err;
		if (!(gpte & PT_P))
			return guest_fault(cpu, walk, code, 0);
		if (gpte & reserved_bits(cpu->role, level, gpte))
			return guest_fault(cpu, walk, code, MVM_FAULT_P | MVM_FAULT_RSVD);
		walk->gpte[level] = gpte;
		rights &= entry_rights(gpte);
		table = gpte & PT_ADDR;
		if (level == 1 || gpte & PT_PS)
			break;
	}
	walk->level = level;
	walk->leaf_rights = rights;
	walk->gfn = (table >> 12 & ~(level_pages(level) - 1)) |
		    (gva >> 12 & (level_pages(level) - 1));
	if (!permitted(cpu, rights, code))
		return guest_fault(cpu, walk, code, MVM_FAULT_P);
	return set_accessed(cpu, walk, code & MVM_FAULT_W);
}

int vmmu_walk(struct vmmu_cpu *cpu, u64 gva, u32 code, struct vmmu_walk *walk)
{
	int tries, ret = VMMU_AGAIN;

	/* Another vCPU may change entries under us for as long as it likes. */
	for (tries = 0; ret == VMMU_AGAIN && tries < 8; tries++)
		ret = walk_once(cpu, gva, code, walk);
	return ret;
}
