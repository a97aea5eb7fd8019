/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens at a fault and at a flush: a path of shadow pages is made for a walk of the
 * guest's tables, a root for its control registers, and what a flush promises is kept.
 */
#include "vmmu_int.h"

#define MAX_TRIES	16

/* The page below sp on the path to the leaf; NULL: the path has to be looked at again. */
static struct vmmu_page *step_down(struct mvm_vcpu *vcpu, const struct vmmu_walk *walk,
				   struct vmmu_page *sp, int level)
{
	struct vmmu *mmu = vcpu->vm->mmu_data;
	unsigned int idx = pt_index(walk->gva, level);
	u32 role = (sp->role & ROLE_MODE) | walk->rights[level - 1] | (level - 1);
	u64 gpte = walk->gpte[max(level, walk->level)], gfn = (gpte & PT_ADDR) >> 12;
	struct vmmu_page *child = entry_child(sp, idx);

	if (level <= walk->level) {
		gfn = walk->gfn & ~(level_pages(level) - 1);
		role |= ROLE_DIRECT | (gpte & PT_D ? ROLE_D : 0);
	}
	if (child && child->gfn == gfn && child->role == role) {
		sp->table->entry[idx].gpte = gpte;
		return child;
	}
	child = vmmu_page_find(mmu, gfn, role);
	if (child && !list_empty(&mmu->unsync)) {
		vmmu_sync_all(mmu);
		return NULL;
	}
	if (!child)
		child = vmmu_page_new(vcpu, gfn, role);
	vmmu_entry_link(mmu, sp, idx, child, gpte);
	return child;
}

/*
 * The leaf.  Write permission waits for the dirty bit, and for a guarded table to become unsync.
 * 0: the vMMU cannot give this access.
 */
static u64 make_leaf(struct vmmu *mmu, u32 role, const struct vmmu_walk *walk,
		     const struct mvm_map *map, u32 code, int level)
{
	u32 rights = walk->rights[0];
	bool write = code & MVM_FAULT_W, dirty = walk->gpte[walk->level] & PT_D;
	u64 pfn = map->pfn - (map->gfn & (level_pages(level) - 1));
	u64 spte = pfn << 12 | PT_P | PT_A | (level > 1 ? PT_PS : 0);

	if (!(map->prot & MVM_PROT_X)) {
		if (code & MVM_FAULT_I)
			return 0;
		rights &= ~ROLE_X;
	}
	/*
	 * CR0.WP=0 lets the supervisor write where the user may only read: no entry says that while
	 * the processor's own WP is set.  The page is the supervisor's until the user reads it.
	 * With SMEP it is then not executable; with SMAP nothing would keep AC=0 out of it.
	 */
	if (write && !(rights & ROLE_W)) {
		if (rights & ROLE_U && role & ROLE_SMAP)
			return 0;
		if (rights & ROLE_U && role & ROLE_SMEP)
			rights &= ~ROLE_X;
		rights = (rights | ROLE_W) & ~ROLE_U;
	}
	if (rights & ROLE_W && dirty && map->prot & MVM_PROT_W &&
	    vmmu_writable(mmu, walk->gfn, write))
		spte |= PT_W | PT_D;
	if (rights & ROLE_U)
		spte |= PT_U;
	if (!(rights & ROLE_X))
		spte |= PT_NX;
	return spte;
}

/*
 * The path exists already, and still the processor refused: it has an older entry.  Or, when the
 * same instruction comes back after a flush, AC is set and SMAP forbids the access nevertheless,
 * because it is an implicit one (SDM 3, 4.6.1).
 */
static int nothing_to_do(struct mvm_vcpu *vcpu, const struct vmmu_walk *walk, u32 code)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	u64 page = (walk->gva >> 12) + 1;
	bool again;

	mvm_state_get(vcpu, MVM_ST_RIP);
	again = cpu->spurious == page && cpu->spurious_rip == vcpu->regs.rip;
	cpu->spurious = page;
	cpu->spurious_rip = vcpu->regs.rip;
	mvm_flush_vcpu(vcpu);
	if (again && code & MVM_FAULT_P && !(code & (MVM_FAULT_U | MVM_FAULT_I)) &&
	    walk->rights[0] & ROLE_U && cpu->root->role & ROLE_SMAP)
		return vmmu_guest_fault(vcpu, walk->gva, code & (MVM_FAULT_P | MVM_FAULT_W));
	return 0;
}

/*
 * Shadow pages down to the leaf's level, each guest entry read again under the lock: what the
 * walk read may have changed while the page was not yet guarded.
 */
static int fill(struct mvm_vcpu *vcpu, const struct vmmu_walk *walk, const struct mvm_map *map,
		u32 code)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	struct vmmu *mmu = vcpu->vm->mmu_data;
	struct vmmu_page *sp = cpu->root;
	u64 now, spte;
	int level;

	vmmu_make_room(mmu);
	for (level = 4;; level--) {
		if (level >= walk->level &&
		    (mvm_gpa_peek64(vcpu->vm, walk->gpa[level], &now) || now != walk->gpte[level]))
			return -EAGAIN;
		/* The leaf is 2 MiB where guest and host have it and no table is in it. */
		if (level == 1 || (level == 2 && walk->level >= 2 && map->level >= 2 &&
				   !vmmu_region_shadowed(mmu, walk->gfn)))
			break;
		sp = step_down(vcpu, walk, sp, level);
		if (!sp)
			return -EAGAIN;
	}
	spte = make_leaf(mmu, sp->role, walk, map, code, level);
	if (!spte)
		return -EFAULT;
	if (!vmmu_entry_leaf(mmu, sp, pt_index(walk->gva, level), spte,
			     level < walk->level ? walk->gfn << 12 : walk->gpte[level]))
		return nothing_to_do(vcpu, walk, code);
	cpu->spurious = 0;
	mvm_count(vcpu, fills);
	return 0;
}

static int try_fault(struct mvm_vcpu *vcpu, u64 gva, u32 code)
{
	struct mvm_vm *vm = vcpu->vm;
	struct vmmu_walk walk;
	struct mvm_map map;
	int ret;

	ret = vmmu_topup(vcpu->mmu) ?: vmmu_walk(vcpu, gva, code, &walk) ?:
	      mvm_map_get(vm, walk.gfn, code & MVM_FAULT_W, &map);
	if (ret)
		return ret;
	spin_lock(&vm->mmu_lock);
	ret = mvm_map_stale(vm, &map) ? -EAGAIN : fill(vcpu, &walk, &map, code);
	vmmu_reap(vm->mmu_data);
	spin_unlock(&vm->mmu_lock);
	mvm_map_put(&map);
	return ret;
}

int vmmu_fault(struct mvm_vcpu *vcpu, u64 gva, u32 code)
{
	int ret = -EAGAIN, tries;

	for (tries = 0; ret == -EAGAIN && tries < MAX_TRIES; tries++)
		ret = try_fault(vcpu, gva, code);
	/* Others are busy with it: let the guest try again, which also looks at signals. */
	return ret == -EAGAIN || ret == VMMU_QUEUED ? 0 : ret;
}

/* The root for the vCPU's registers. */
static struct vmmu_page *root_get(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	struct vmmu *mmu = vcpu->vm->mmu_data;
	const struct mvm_regs *r = &vcpu->regs;
	u64 gfn = (r->cr3 & PT_ADDR) >> 12;
	struct vmmu_page *root;
	u32 role;

	/* It has run, so its CPUID does not change any more (cpuid.c); looking into it is slow. */
	if (!cpu->cpuid_role) {
		cpu->cpuid_role = clamp(mvm_maxphyaddr(vcpu), 32U, 52U) << ROLE_MAXPA_SHIFT;
		if (mvm_cpuid_has(vcpu, X86_FEATURE_GBPAGES))
			cpu->cpuid_role |= ROLE_1G;
	}
	role = 4 | ROLE_RIGHTS | cpu->cpuid_role |
	       (r->efer & EFER_NX ? ROLE_NXE : 0) | (r->cr0 & X86_CR0_WP ? ROLE_WP : 0) |
	       (r->cr4 & X86_CR4_SMEP ? ROLE_SMEP : 0) | (r->cr4 & X86_CR4_SMAP ? ROLE_SMAP : 0);
	root = vmmu_page_find(mmu, gfn, role);
	if (root) {
		mvm_count(vcpu, roots_hit);
	} else {
		mvm_count(vcpu, roots_miss);
		vmmu_make_room(mmu);
		root = vmmu_page_new(vcpu, gfn, role);
		mmu->nkept++;
	}
	if (!root->users++)
		mmu->nkept--;
	return root;
}

/* A load of CR3, and all that flushes as much: the root for what is in regs, in sync. */
int vmmu_switch(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;
	struct vmmu *mmu = vcpu->vm->mmu_data;
	struct vmmu_page *old = cpu->root;
	int err = vmmu_topup(cpu);

	spin_lock(&vcpu->vm->mmu_lock);
	/*
	 * User space that sets control registers may have written the tables as well, by its own
	 * mapping, which no guard notices.
	 */
	if (cpu->reload)
		vmmu_forget(mmu);
	cpu->reload = false;
	cpu->root = err ? NULL : root_get(vcpu);
	if (old)
		vmmu_root_put(mmu, old);
	vmmu_sync_all(mmu);
	vmmu_reap(mmu);
	spin_unlock(&vcpu->vm->mmu_lock);
	mvm_flush_vcpu(vcpu);
	return err;
}

int vmmu_load(struct mvm_vcpu *vcpu)
{
	struct vmmu_cpu *cpu = vcpu->mmu;

	if (unlikely(!cpu->root || cpu->reload))
		return -EAGAIN;
	vmx_set_root(vcpu, __pa(cpu->root->table));
	return 0;
}

/*
 * From an ioctl several registers may change one by one: once, before the entry, is enough.  A
 * switch without success leaves no root, and prepare() tries again.
 */
void vmmu_cr_changed(struct mvm_vcpu *vcpu, enum mvm_cr cr)
{
	struct vmmu_cpu *cpu = vcpu->mmu;

	if (cr == MVM_SREGS || !vcpu->in_run)
		cpu->reload = true;
	else
		vmmu_switch(vcpu);
}

void vmmu_invlpg(struct mvm_vcpu *vcpu, u64 gva)
{
	spin_lock(&vcpu->vm->mmu_lock);
	vmmu_sync_gva(vcpu, gva);
	vmmu_reap(vcpu->vm->mmu_data);
	spin_unlock(&vcpu->vm->mmu_lock);
	mvm_flush_vcpu(vcpu);
}
