/* SPDX-License-Identifier: MIT */
/*
 * Guest frames on the host: where they lie, who may write, dirty log, and the notifier's events.
 * It answers what the vMMU asks of the kernel.  See model.h.
 */
#include "model.h"

static u64 pfn_of[NFRAMES];
static bool cow[NFRAMES];		/* mapped read-only until it is written */
static bool dirty[NFRAMES], logging;
static u64 next_pfn;
#define FIRST_PFN	0x100000
static u16 owner[1 << 20];		/* by pfn: none is used twice in an episode */

static bool hole;
static bool whole[2];			/* frames from 0, from HIGH: one aligned stretch of 512 */

static void give(u64 gfn, u64 pfn)
{
	if (pfn - FIRST_PFN >= 1 << 20)
		fail("the host has no more frames");
	pfn_of[gfn] = pfn;
	owner[pfn - FIRST_PFN] = gfn;
}

u64 host_gfn(u64 pfn)
{
	u64 gfn;

	if (pfn < FIRST_PFN || pfn >= next_pfn)
		return ~0ULL;
	gfn = owner[pfn - FIRST_PFN];
	return pfn_of[gfn] == pfn && host_has(gfn) ? gfn : ~0ULL;
}

bool host_has(u64 gfn)
{
	return gfn < HOLE || (gfn < NFRAMES && !hole);
}

bool host_writable(u64 gfn)
{
	return gfn != READONLY && gfn != READONLY + 1;
}

/* Until the log's flush is over the log is not out: the writes before belong to it. */
bool host_write_ok(u64 gfn)
{
	return host_writable(gfn) && !cow[gfn] && (!logging || dirty[gfn] || vm.mmu_lock.held);
}

/* 512 frames get an aligned stretch: after this the host may have a 2 MiB page there. */
static void move_stretch(int which)
{
	u64 i, base = (next_pfn + 511) & ~511ULL;

	next_pfn = base + 512;
	for (i = 0; i < 512; i++) {
		give(which * HIGH + i, base + i);
		cow[which * HIGH + i] = false;
	}
	whole[which] = true;
}

static void move_one(u64 gfn)
{
	give(gfn, next_pfn++);
	if (gfn < READONLY)
		whole[gfn / HIGH] = false;
}

void host_reset(void)
{
	u64 i;

	memset(cow, 0, sizeof(cow));
	memset(dirty, 0, sizeof(dirty));
	hole = logging = false;
	next_pfn = FIRST_PFN;
	move_stretch(0);
	move_stretch(1);
	for (i = READONLY; i < NFRAMES; i++)
		give(i, next_pfn++);
	vm.seq++;
}

/* As the notifier does it: zap and flush under the lock, then the sequence. */
static void zap(u64 gfn, u64 end)
{
	spin_lock(&vm.mmu_lock);
	if (vmmu_change(&vm, gfn, end, MVM_ZAP))
		mvm_flush_vm(&vm);
	vm.seq++;
	spin_unlock(&vm.mmu_lock);
}

void host_replace(u64 gfn)
{
	zap(gfn, gfn + 1);
	move_one(gfn);
	cow[gfn] = false;
}

static void protect(u64 gfn, u64 end)
{
	spin_lock(&vm.mmu_lock);
	if (vmmu_change(&vm, gfn, end, MVM_PROTECT))
		mvm_flush_vm(&vm);
	vm.seq++;
	spin_unlock(&vm.mmu_lock);
}

static u64 some_frame(void)
{
	switch (rnd(4)) {
	case 0: return HIGH + rnd(8);
	case 1: return READONLY + rnd(NFRAMES - READONLY);
	default: return rnd(NLOW);
	}
}

void host_event(void)
{
	u64 gfn = some_frame();

	now++;
	switch (rnd(9)) {
	case 0:				/* migration: other frame, same contents */
	case 1:
		zap(gfn, gfn + 1 + rnd(3));
		move_one(gfn);
		break;
	case 2:				/* fork: copy on write */
		if (gfn >= READONLY)
			break;
		protect(gfn, gfn + 1);
		cow[gfn] = true;
		whole[gfn / HIGH] = false;
		break;
	case 3:				/* the dirty log is fetched */
		logging = one_in(2);
		memset(dirty, 0, sizeof(dirty));
		protect(0, NFRAMES);
		break;
	case 4:
		spin_lock(&vm.mmu_lock);
		vmmu_change(&vm, gfn, gfn + 1, rnd(2) ? MVM_AGE : MVM_TEST);
		spin_unlock(&vm.mmu_lock);
		break;
	case 5:				/* a slot goes, or comes */
		zap(HOLE, NFRAMES);
		hole = !hole;
		break;
	case 6:				/* the host makes a huge page */
		if (one_in(4)) {
			int which = rnd(2);

			zap(which * HIGH, which * HIGH + 512);
			move_stretch(which);
		}
		break;
	case 7:
		if (one_in(16))		/* all of it */
			zap(0, NFRAMES);
		else
			protect(gfn, gfn + 1 + rnd(4));
		break;
	case 8:				/* a table becomes another one, by the host's hand */
		gfn = rnd(NTABLES);
		host_replace(gfn);
		rewrite_table(gfn);
		break;
	}
}

/* ---- What the kernel and the module's other files promise ---- */

int mvm_map_get(struct mvm_vm *v, u64 gfn, bool write, struct mvm_map *map)
{
	if (v->mmu_lock.held)
		fail("mvm_map_get with mmu_lock held");
	if (!host_has(gfn) || (write && !host_writable(gfn)))
		return -EFAULT;
	if (write && cow[gfn]) {
		zap(gfn, gfn + 1);
		move_one(gfn);
		cow[gfn] = false;
	}
	map->seq = v->seq;
	map->gfn = gfn;
	map->pfn = pfn_of[gfn];
	map->write = write;
	map->prot = MVM_PROT_R | MVM_PROT_X;
	if (host_writable(gfn) && (write || (!cow[gfn] && !logging)))
		map->prot |= MVM_PROT_W;
	map->level = gfn < READONLY && whole[gfn / HIGH] && huge_host && !logging ? 2 : 1;
	meanwhile(false);
	return 0;
}

bool mvm_map_stale(struct mvm_vm *v, struct mvm_map *map)
{
	if (!v->mmu_lock.held)
		fail("mvm_map_stale without mmu_lock");
	if (map->seq != v->seq)
		return true;
	if (map->write)
		dirty[map->gfn] = true;
	return false;
}

void mvm_map_put(struct mvm_map *map)
{
	(void)map;
}

int mvm_gpa_read64(struct mvm_vm *v, u64 gpa, u64 *val)
{
	if (v->mmu_lock.held)
		fail("mvm_gpa_read64 with mmu_lock held");
	if (!host_has(gpa >> 12))
		return -EFAULT;
	*val = mem_read(gpa);
	return 0;
}

int mvm_gpa_cmpxchg64(struct mvm_vm *v, u64 gpa, u64 old, u64 new)
{
	if (v->mmu_lock.held)
		fail("mvm_gpa_cmpxchg64 with mmu_lock held");
	if (!host_has(gpa >> 12) || !host_writable(gpa >> 12))
		return -EFAULT;
	if (mem_read(gpa) != old)
		return -EAGAIN;
	mem_write(gpa, new);
	return 0;
}

int mvm_gpa_peek64(struct mvm_vm *v, u64 gpa, u64 *val)
{
	if (!v->mmu_lock.held)
		fail("mvm_gpa_peek64 without mmu_lock");
	if (!host_has(gpa >> 12) || one_in(1000))
		return -EFAULT;
	*val = mem_read(gpa);
	return 0;
}

void spin_lock(spinlock_t *lock)
{
	if (lock->held)
		fail("mmu_lock taken twice");
	lock->held = true;
}

void spin_unlock(spinlock_t *lock)
{
	if (!lock->held)
		fail("mmu_lock given back twice");
	lock->held = false;
}

/* Until it returns, other processors may go on with what they have. */
void mvm_flush_vm(struct mvm_vm *v)
{
	int i;

	meanwhile(true);
	for (i = 0; i < NCPUS; i++)
		cpus[i].flush = true;
}

void mvm_flush_vcpu(struct mvm_vcpu *vcpu)
{
	cpu_of(vcpu)->flush = true;
}

void mvm_queue_pf(struct mvm_vcpu *vcpu, u64 gva, u32 error)
{
	vcpu->pf = true;
	vcpu->pf_error = error;
}

void vmx_set_root(struct mvm_vcpu *vcpu, u64 root)
{
	cpu_of(vcpu)->root = __va(root);
}

void *kzalloc(size_t size, int gfp)
{
	return one_in(2000) ? NULL : calloc(1, size);
}

unsigned long __get_free_pages(int gfp, unsigned int order)
{
	return one_in(2000) ? 0 : (uintptr_t)aligned_alloc(TABLE_SIZE, 2 * TABLE_SIZE);
}

void free_pages(unsigned long addr, unsigned int order)
{
	hw_check_free(__va(addr));
	free(__va(addr));
}
