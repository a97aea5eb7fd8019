/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens at a fault and at a flush: a path of shadow pages is made for a walk of the
 * guest's tables, a root for its control registers, and what a flush promises is kept.
 */
#include "vmmu_int.h"

#define MAX_TRIES	16

/* Whether the guest's entry is still what the walk read. */
static bool walk_holds(struct vmmu *mmu, const struct vmmu_walk *walk, int level)
{
	u64 now;

	return !vmmu_peek(mmu->vm, walk->gpa[level], &now) && now == walk->gpte[level];
}

/* Whether the leaf is at this level: 2 MiB where guest and host have it and no table is in it. */
static bool is_leaf_level(struct vmmu *mmu, const struct vmmu_walk *walk,
			  const struct mvm_map *map, int level)
{
	return level == 1 || (level == 2 && walk->level >= 2 && map->level >= 2 &&
			      !vmmu_region_shadowed(mmu, walk->gfn));
}

/* Frame and role of the page below level on this path. */
static u64 child_of(struct vmmu_cpu *cpu, const struct vmmu_walk *walk, int level, u32 *role)
{
	u32 mode = cpu->role & ROLE_MODE;

	if (level > walk->level) {
		*role = mode | walk->rights[level - 1] | (level - 1);
		return (walk->gpte[level] & PT_ADDR) >> 12;
	}
	*role = mode | walk->leaf_rights | (level - 1) | ROLE_DIRECT |
		(walk->gpte[walk->level] & PT_D ? ROLE_D : 0);
	return walk->gfn & ~(level_pages(level) - 1);
}

/*
 * The leaf.  Write permission waits for the dirty bit, and for a guarded table to become unsync.
 * 0: the vMMU cannot give this access.
 */
static u64 make_leaf(struct vmmu_cpu *cpu, const struct vmmu_walk *walk, const struct mvm_map *map,
		     u32 code, int level)
{
	struct vmmu *mmu = cpu->mmu;
	u32 rights = walk->leaf_rights;
	bool write = code & MVM_FAULT_W, dirty = walk->gpte[walk->level] & PT_D;
	u64 pfn = map->pfn - (map->gfn & (level_pages(level) - 1));
	u64 spte = pfn << 12 | PT_P | PT_A | (level > 1 ? PT_PS : 0);

	/*
	 * CR0.WP=0 lets the supervisor write where the user may only read: no entry says that while
	 * the processor's own WP is set.  The page is the supervisor's until the user reads it.
	 * With SMEP it is then not executable; with SMAP nothing would keep AC=0 out of it.
	 */
	if (write && !(rights & ROLE_W)) {
		if (rights & ROLE_U && cpu->role & ROLE_SMAP)
			return 0;
		if (rights & ROLE_U && cpu->role & ROLE_SMEP)
			rights &= ~ROLE_X;
		rights = (rights | ROLE_W) & ~ROLE_U;
	}
	if (rights & ROLE_W && dirty && map->prot & MVM_PROT_W) {
		if (write)
			vmmu_unsync(mmu, walk->gfn);
		if (write || !vmmu_gfn_guarded(mmu, walk->gfn))
			spte |= PT_W | PT_D;
	}
	if (rights & ROLE_U)
		spte |= PT_U;
	if (!(rights & ROLE_X && map->prot & MVM_PROT_X))
		spte |= PT_NX;
	return spte;
}

/* The path exists already, and still the processor refused. */
static int nothing_to_do(struct vmmu_cpu *cpu, const struct vmmu_walk *walk, u32 code, u32 *error)
{
	u64 page = (walk->gva >> 12) + 1;
	bool again = cpu->spurious == page;

	cpu->spurious = page;
	mvm_flush_vcpu(cpu->vcpu);
	/* SMAP, and the access was an implicit one although AC is set: SDM 3, 4.6.1. */
	if (again && code & MVM_FAULT_P && !(code & (MVM_FAULT_U | MVM_FAULT_I)) &&
	    walk->leaf_rights & ROLE_U && cpu->cr4 & X86_CR4_SMAP) {
		*error = MVM_FAULT_P | (code & MVM_FAULT_W);
		return VMMU_GUEST;
	}
	return VMMU_OK;
}

/*
 * Shadow pages down to the leaf's level, each guest entry read again under the lock: what the
 * walk read may have changed while the page was not yet guarded.
 */
static int fill(struct vmmu_cpu *cpu, const struct vmmu_walk *walk, const struct mvm_map *map,
		u32 code, u32 *error)
{
	struct vmmu *mmu = cpu->mmu;
	struct vmmu_page *sp, *child;
	int level;
	unsigned int idx;
	u64 gfn, spte;
	u32 role;

	vmmu_make_room(mmu);
restart:
	if (cpu->ncache < VMMU_CACHE - 1)
		return VMMU_AGAIN;
	sp = cpu->root;
	for (level = 4; ; level--) {
		idx = pt_index(walk->gva, level);
		if (level >= walk->level && !walk_holds(mmu, walk, level))
			return VMMU_AGAIN;
		if (is_leaf_level(mmu, walk, map, level))
			break;
		gfn = child_of(cpu, walk, level, &role);
		if (test_bit(idx, sp->present)) {
			child = spte_is_leaf(sp, idx) ? NULL : vmmu_entry_child(mmu, sp, idx);
			if (child && child->gfn == gfn && child->role == role) {
				if (level >= walk->level)
					sp->side->gpte[idx] = walk->gpte[level];
				sp = child;
				continue;
			}
			vmmu_entry_drop(mmu, sp, idx);
		}
		child = vmmu_page_find(mmu, gfn, role);
		if (child && !list_empty(&mmu->unsync)) {
			vmmu_sync_all(mmu);
			goto restart;
		}
		if (!child)
			child = vmmu_page_new(cpu, gfn, role);
		vmmu_entry_link(mmu, sp, idx, child, walk->gpte[max(level, walk->level)]);
		sp = child;
	}
	spte = make_leaf(cpu, walk, map, code, level);
	if (!spte)
		return VMMU_NOMEM;
	if (!vmmu_entry_leaf(mmu, sp, idx, spte, walk->gpte[walk->level]))
		return nothing_to_do(cpu, walk, code, error);
	cpu->spurious = 0;
	mvm_count(cpu->vcpu, fills);
	return VMMU_OK;
}

int vmmu_fault(struct vmmu_cpu *cpu, u64 gva, u32 code, u32 *error, u64 *fault_gpa)
{
	struct mvm_vm *vm = cpu->mmu->vm;
	bool write = code & MVM_FAULT_W;
	struct vmmu_walk walk;
	struct mvm_map map;
	int ret, tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		ret = vmmu_topup(cpu);
		if (ret)
			return ret;
		ret = vmmu_walk(cpu, gva, code, &walk);
		*error = walk.error;
		*fault_gpa = walk.fault_gpa;
		if (ret == VMMU_AGAIN)
			continue;
		if (ret)
			return ret;
		*fault_gpa = walk.gfn << 12 | (gva & 0xfff);
		ret = mvm_map_get(vm, walk.gfn, write, &map);
		if (ret)
			return ret == -EFAULT ? VMMU_NOMEM : ret;
		if (code & MVM_FAULT_I && !(map.prot & MVM_PROT_X)) {
			mvm_map_put(&map);
			return VMMU_NOMEM;
		}
		vmmu_lock(vm);
		ret = VMMU_AGAIN;
		if (!mvm_map_stale(vm, &map))
			ret = fill(cpu, &walk, &map, code, error);
		vmmu_reap(cpu->mmu);
		vmmu_unlock(vm);
		mvm_map_put(&map);
		if (ret != VMMU_AGAIN)
			return ret;
	}
	/* Others are busy with it: let the guest try again, which also looks at signals. */
	return VMMU_OK;
}

static u32 root_role(struct vmmu_cpu *cpu)
{
	u32 role;

	/* Looking into CPUID costs more than all the rest of a load of CR3. */
	if (!cpu->cpuid_role || cpu->cpuid != vmmu_guest_cpuid(cpu->vcpu)) {
		cpu->cpuid = vmmu_guest_cpuid(cpu->vcpu);
		cpu->cpuid_role = vmmu_guest_maxphyaddr(cpu->vcpu) << ROLE_MAXPA_SHIFT;
		if (vmmu_guest_gbpages(cpu->vcpu))
			cpu->cpuid_role |= ROLE_1G;
	}
	role = 4 | ROLE_RIGHTS | cpu->cpuid_role;
	if (cpu->efer & EFER_NX)
		role |= ROLE_NXE;
	/* With WP set, SMEP and SMAP are the processor's alone. */
	if (cpu->cr0 & X86_CR0_WP)
		return role | ROLE_WP;
	return role | (cpu->cr4 & X86_CR4_SMEP ? ROLE_SMEP : 0) |
	       (cpu->cr4 & X86_CR4_SMAP ? ROLE_SMAP : 0);
}

bool vmmu_same_mode(const struct vmmu_cpu *cpu, u64 cr0, u64 cr3, u64 cr4, u64 efer)
{
	return cpu->cr3 == cr3 && !((cpu->efer ^ efer) & (EFER_NX | EFER_LMA)) &&
	       !((cpu->cr0 ^ cr0) & (X86_CR0_PG | X86_CR0_WP)) &&
	       !((cpu->cr4 ^ cr4) & (X86_CR4_PAE | X86_CR4_LA57 | X86_CR4_PGE | X86_CR4_PCIDE |
				     X86_CR4_SMEP | X86_CR4_SMAP));
}

void vmmu_leave(struct vmmu_cpu *cpu)
{
	vmmu_lock(cpu->mmu->vm);
	if (cpu->root)
		vmmu_root_put(cpu->mmu, cpu->root);
	cpu->root = NULL;
	vmmu_reap(cpu->mmu);
	vmmu_unlock(cpu->mmu->vm);
}

int vmmu_switch(struct vmmu_cpu *cpu, u64 cr0, u64 cr3, u64 cr4, u64 efer, bool *hit)
{
	struct vmmu *mmu = cpu->mmu;
	struct vmmu_page *old = cpu->root, *root;
	u64 gfn = (cr3 & PT_ADDR) >> 12;
	int err;

	if (!(cr0 & X86_CR0_PG) || !(efer & EFER_LMA) || cr4 & X86_CR4_LA57) {
		vmmu_leave(cpu);
		return -EINVAL;
	}
	err = vmmu_topup(cpu);
	if (err) {
		vmmu_leave(cpu);
		return err;
	}
	cpu->cr0 = cr0;
	cpu->cr3 = cr3;
	cpu->cr4 = cr4;
	cpu->efer = efer;
	cpu->role = root_role(cpu);

	vmmu_lock(mmu->vm);
	root = vmmu_page_find(mmu, gfn, cpu->role);
	*hit = root;
	if (!root) {
		vmmu_make_room(mmu);
		root = vmmu_page_new(cpu, gfn, cpu->role);
	}
	vmmu_root_get(mmu, root);
	if (old)
		vmmu_root_put(mmu, old);
	cpu->root = root;
	vmmu_sync_all(mmu);
	vmmu_reap(mmu);
	vmmu_unlock(mmu->vm);
	mvm_flush_vcpu(cpu->vcpu);
	return 0;
}

void vmmu_invlpg(struct vmmu_cpu *cpu, u64 gva)
{
	vmmu_lock(cpu->mmu->vm);
	if (cpu->root)
		vmmu_sync_gva(cpu, gva);
	vmmu_reap(cpu->mmu);
	vmmu_unlock(cpu->mmu->vm);
	mvm_flush_vcpu(cpu->vcpu);
}

/* Of any type: more may be dropped than was asked for (SDM 3, 4.10.4.1). */
void vmmu_invpcid(struct vmmu_cpu *cpu)
{
	vmmu_lock(cpu->mmu->vm);
	vmmu_sync_all(cpu->mmu);
	vmmu_reap(cpu->mmu);
	vmmu_unlock(cpu->mmu->vm);
	mvm_flush_vcpu(cpu->vcpu);
}
