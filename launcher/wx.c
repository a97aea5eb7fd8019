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

int vm_set_exec(struct vm *vm, uint64_t gpa, uint64_t len, uint32_t mode)
{
	uint64_t end = gpa + len;
	int r = 0;

	if (!vm->mem_exec)
		return -ENOSYS;
	for (uint32_t i = 0; i < vm->nslots && i < VM_SLOTS_MAX && gpa < end && r == 0; i++) {
		uint64_t to = end < vm->slot_end[i] ? end : vm->slot_end[i];

		if (gpa >= to)
			continue;
		r = kvm_set_exec(vm->vm_fd, gpa, to - gpa, mode);
		gpa = to;
	}
	return r;
}

static int protect(struct vm *vm, const struct mvm_rt_header *rt, const struct mvm_boot *boot)
{
	int r = vm_set_exec(vm, 0, vm->ram.present, MVM_EXEC_NX);

	if (r == 0)
		r = vm_set_exec(vm, MVM_GPA_RT_TEXT, rt->text_size, MVM_EXEC_RX);
	for (uint32_t i = 0; i < boot->nsegments && r == 0; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (s->prot & MVM_PROT_EXEC)
			r = vm_set_exec(vm, s->gpa, s->len,
					s->prot & MVM_PROT_WRITE ? MVM_EXEC_RWX : MVM_EXEC_RX);
	}
	return r;
}

int vm_protect(struct vm *vm, const struct mvm_rt_header *rt, struct mvm_boot *boot)
{
	int r;

	if (!vm->mem_exec)
		return 0;
	r = protect(vm, rt, boot);
	if (r < 0) {
		fail(EXIT_MVM, "--device %s: refuses execute permissions for the guest's memory: "
		     "%s; see mvm doctor", vm->device, strerror(-r));
		return r;
	}
	boot->flags |= MVM_BOOT_EXEC;
	return 0;
}
