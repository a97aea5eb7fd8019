/* SPDX-License-Identifier: MIT */
/*
 * What a recording holds of guest RAM and vCPU, put back: see ram.h.
 *
 * Needs (system calls): pread64 on the file; ioctl(vm, KVM_SET_USER_MEMORY_REGION), and on the vCPU
 *	ioctl(KVM_RUN, KVM_GET_SREGS, KVM_SET_SREGS, KVM_SET_REGS, KVM_SET_XSAVE, KVM_SET_FPU)
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm.h"
#include "ram.h"
#include "replay.h"

/* Of each page: where in the file it was found last, and its sum, less that of a page of zeros. */
static struct page {
	uint64_t sum;
	struct record_place place;
} *pages;
static uint64_t zero_sum;
static const uint8_t zero[MVM_PAGE_SIZE];

int replay_ram_init(uint64_t max)
{
	pages = mmap(NULL, max / MVM_PAGE_SIZE * sizeof(*pages), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	zero_sum = record_sum(0, zero, sizeof(zero));
	return pages == MAP_FAILED ? -errno : 0;
}

static uint64_t sum_of(const struct guest_ram *ram, uint64_t gpa)
{
	return record_sum(0, ram->hva + gpa, MVM_PAGE_SIZE) - zero_sum;
}

bool replay_ram_take(const struct guest_ram *ram, uint64_t end)
{
	uint64_t len = replay.next.len - sizeof(uint64_t), gpa;

	replay.there = false;
	if (replay.next.len <= sizeof(gpa) || len > RECORD_RUN_MAX || len % MVM_PAGE_SIZE ||
	    !record_get(&replay.r, &gpa, sizeof(gpa)) || gpa % MVM_PAGE_SIZE || gpa > end ||
	    len > end - gpa)
		return false;
	for (; len; len -= MVM_PAGE_SIZE, gpa += MVM_PAGE_SIZE) {
		struct page *p = &pages[gpa / MVM_PAGE_SIZE];

		p->place = record_where(&replay.r);
		if (!record_get(&replay.r, ram->hva + gpa, MVM_PAGE_SIZE))
			return false;
		p->sum = sum_of(ram, gpa);
	}
	return true;
}

/*
 * A page may have changed and changed back while it was recorded, so that it is not among those
 * that were written, and differ here, where the guest is not as far yet.
 */
bool replay_ram_restore(const struct guest_ram *ram, uint64_t end)
{
	for (uint64_t gpa = 0; gpa < end; gpa += MVM_PAGE_SIZE) {
		const struct page *p = &pages[gpa / MVM_PAGE_SIZE];
		uint8_t *to = ram->hva + gpa;

		if (sum_of(ram, gpa) == p->sum)
			continue;
		if (!p->sum)
			memset(to, 0, MVM_PAGE_SIZE);
		else if (!record_get_at(&replay.r, p->place, to, MVM_PAGE_SIZE))
			return false;
	}
	return true;
}

/* An I/O exit that was not completed would be, at the next KVM_RUN, on the new registers. */
static void complete_io(const struct vm *vm)
{
	vm->run->immediate_exit = 1;
	kvm_run(vm->vcpu_fd);
	vm->run->immediate_exit = 0;
}

/*
 * Page tables are among what was changed, and a shadow of them is not told.  Without its memslots
 * the device forgets all it has; where W^X belongs to the slots there is no shadow.
 */
static int forget_translations(const struct vm *vm)
{
	uint64_t gpa = 0;
	int err = 0;

	for (uint32_t i = 0; !vm->mem_exec && i < vm->nslots && i < VM_SLOTS_MAX && !err; i++) {
		uint8_t *hva = vm->ram.hva + gpa;

		err = kvm_add_memslot(vm->vm_fd, i, gpa, 0, hva);
		if (!err)
			err = kvm_add_memslot(vm->vm_fd, i, gpa, vm->slot_end[i] - gpa, hva);
		gpa = vm->slot_end[i];
	}
	return err;
}

int replay_vcpu_set(struct vm *vm, const struct record_vcpu *v)
{
	struct kvm_sregs s;
	int err;

	complete_io(vm);
	err = forget_translations(vm);
	if (!err)
		err = kvm_get_sregs(vm->vcpu_fd, &s);
	if (err)
		return err;
	s.ds = v->ds;
	s.es = v->es;
	s.fs = v->fs;
	s.gs = v->gs;
	s.cr2 = v->cr2;
	err = kvm_set_sregs(vm->vcpu_fd, &s);
	if (!err)
		err = v->has_xsave ? kvm_set(vm->vcpu_fd, KVM_SET_XSAVE, &v->fpu.xsave) :
				     kvm_set(vm->vcpu_fd, KVM_SET_FPU, &v->fpu.fpu);
	return err ? err : kvm_set_regs(vm->vcpu_fd, &v->regs);
}
