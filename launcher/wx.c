/* SPDX-License-Identifier: MIT */
/*
 * W^X in the second stage of translation, where the device has it (/dev/mvm with EPT): what a frame
 * may be used for, whatever the guest makes of its own page tables.  Not here: the first stage,
 * which is the runtime's, and who may ask for a change (service/vm.c).
 */
#include <errno.h>
#include <string.h>
#include "kvm.h"
#include "msg.h"
#include "vm.h"

static int set(const struct vm *vm, uint64_t gpa, uint64_t len, uint32_t mode)
{
	uint64_t end = gpa + len;
	int r = 0;

	for (uint32_t i = 0; i < vm->nslots && i < VM_SLOTS_MAX && gpa < end && r == 0; i++) {
		uint64_t to = end < vm->slot_end[i] ? end : vm->slot_end[i];

		if (gpa >= to)
			continue;
		r = kvm_set_exec(vm->vm_fd, gpa, to - gpa, mode);
		gpa = to;
	}
	return r;
}

int vm_set_exec(struct vm *vm, uint64_t gpa, uint64_t len, uint32_t mode)
{
	int r = vm->mem_exec ? set(vm, gpa, len, mode) : vm->notes_exec ? 0 : -ENOSYS;

	if (r)
		return r;
	vm->exec_changed = true;
	/* A guest that asks for less has asked for this before, or could have. */
	if (mode == MVM_EXEC_RWX && gpa + len > vm->exec.free_end)
		vm->exec.free_end = gpa + len;
	return 0;
}

static void add_range(struct vm_exec *e, uint64_t gpa, uint64_t len, uint32_t mode)
{
	e->range[e->n++] = (struct vm_exec_range){ .gpa = gpa, .len = len, .mode = mode };
}

int vm_protect_again(struct vm *vm, const struct vm_exec *e)
{
	int r = vm->mem_exec ? set(vm, 0, vm->ram.slotted, MVM_EXEC_NX) : 0;

	for (uint32_t i = 0; vm->mem_exec && i < e->n && r == 0; i++)
		r = set(vm, e->range[i].gpa, e->range[i].len, e->range[i].mode);
	if (vm->mem_exec && e->free_end > MVM_GPA_APP && r == 0)
		r = set(vm, MVM_GPA_APP, e->free_end - MVM_GPA_APP, MVM_EXEC_RWX);
	if (&vm->exec != e)
		vm->exec = *e;
	vm->exec_changed = false;
	return r;
}

int vm_protect_as(struct vm *vm, const struct vm_exec *e)
{
	int r = vm_protect_again(vm, e);

	if (r < 0)
		fail(EXIT_MVM, "--device %s: refuses execute permissions for the guest's memory: "
		     "%s; see mvm doctor", vm->device, strerror(-r));
	return r;
}

int vm_protect(struct vm *vm, const struct mvm_rt_header *rt, struct mvm_boot *boot)
{
	struct vm_exec *e = &vm->exec;

	if (!vm->mem_exec && !vm->notes_exec)
		return 0;
	add_range(e, MVM_GPA_RT_TEXT, rt->text_size, MVM_EXEC_RX);
	for (uint32_t i = 0; i < boot->nsegments; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (s->prot & MVM_PROT_EXEC)
			add_range(e, s->gpa, s->len,
				  s->prot & MVM_PROT_WRITE ? MVM_EXEC_RWX : MVM_EXEC_RX);
	}
	boot->flags |= MVM_BOOT_EXEC;
	return vm_protect_as(vm, e);
}
