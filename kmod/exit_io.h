/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port I/O: what its exit says, and how it becomes KVM_EXIT_IO.  Here, because each instruction on
 * that way counts; the rest is doorbell.c's.
 */
#ifndef MVM_EXIT_IO_H
#define MVM_EXIT_IO_H

#include "vmx_int.h"

/* Exit qualification of an I/O instruction (SDM 3, table 28-5). */
#define IO_SIZE(q)	(((q) & 7) + 1)
#define IO_IN		BIT(3)
#define IO_STRING	BIT(4)
#define IO_PORT(q)	((u16)((q) >> 16))

/*
 * RIP stays on the instruction until the next KVM_RUN, as in KVM, so that user space may see which
 * it was and may move it.
 */
static __always_inline int io_to_user(struct mvm_vcpu *vcpu, u32 qual)
{
	struct kvm_run *run = vcpu->run;
	bool plain;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = qual & IO_IN ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = IO_SIZE(qual);
	run->io.port = IO_PORT(qual);
	run->io.count = 1;
	run->io.data_offset = PAGE_SIZE;
	/* Of an OUT user space looks at the first bytes of it. */
	*(u32 *)((void *)run + PAGE_SIZE) = vcpu->regs.gpr[MVM_RAX];
	vcpu->io_qual = qual;
	vcpu->io_length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	plain = vmx_read_step(vcpu) && !(qual & IO_IN);
	vcpu->io_rip = vcpu->regs.rip;
	vcpu->io_pending = likely(plain) ? MVM_IO_PLAIN : MVM_IO_ANY;
	return 0;
}

/* Any other I/O instruction than an OUT that is user space's; as the handlers in vmx_int.h. */
int exit_io_rest(struct mvm_vcpu *vcpu, u32 qual);

static __always_inline int exit_io(struct mvm_vcpu *vcpu)
{
	u32 qual = vmcs_read(EXIT_QUALIFICATION);

	mvm_count(vcpu, exit_io);
	if (likely(!(qual & (IO_IN | IO_STRING)) && list_empty(&vcpu->vm->ioeventfds)))
		return io_to_user(vcpu, qual);
	return exit_io_rest(vcpu, qual);
}

#endif
