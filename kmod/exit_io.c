/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's doorbells: port I/O and VMCALL, to user space or to an eventfd.
 */
#include <linux/eventfd.h>
#include <linux/rcupdate.h>

#include "core.h"
#include "vmx_int.h"

/* Exit qualification of an I/O instruction (SDM 3, table 28-5). */
#define IO_SIZE(q)	(((q) & 7) + 1)
#define IO_IN		BIT(3)
#define IO_STRING	BIT(4)
#define IO_PORT(q)	((u16)((q) >> 16))

/*
 * To an eventfd, or to user space.  There RIP stays on the instruction until the next KVM_RUN, as in
 * KVM, so that user space may see which it was and may move it.
 */
int exit_io(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 qual = vmcs_read(EXIT_QUALIFICATION);
	unsigned int size = IO_SIZE(qual);
	u32 val = vcpu->regs.gpr[MVM_RAX];

	mvm_count(vcpu, exit_io);
	/* INS and OUTS reach memory: an emulator's work. */
	if (unlikely(qual & IO_STRING))
		return vmx_internal_error(vcpu, KVM_INTERNAL_ERROR_EMULATION);
	if (!(qual & IO_IN)) {
		if (!list_empty(&vcpu->vm->ioeventfds) &&
		    mvm_ioeventfd_fire(vcpu->vm, IO_PORT(qual), size,
				       val & (~0U >> (32 - 8 * size))))
			return vmx_skip_exit(vcpu);
		/* User space looks at the first `size` bytes of it. */
		*(u32 *)vcpu->pio_data = val;
	}
	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = qual & IO_IN ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = size;
	run->io.port = IO_PORT(qual);
	run->io.count = 1;
	run->io.data_offset = PAGE_SIZE;
	vcpu->io_pending = true;
	vcpu->io_in = qual & IO_IN;
	vcpu->io_size = size;
	vcpu->io_length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	vcpu->io_rip = vmx_rip(vcpu);
	return 0;
}

/* IN of 4 bytes clears the upper half of RAX; of 1 or 2 leaves the rest. */
static void take_input(struct mvm_vcpu *vcpu)
{
	unsigned long *rax = &vcpu->regs.gpr[MVM_RAX];
	u32 val = READ_ONCE(*(u32 *)vcpu->pio_data);

	switch (vcpu->io_size) {
	case 1:
		*rax = (*rax & ~0xffUL) | (u8)val;
		break;
	case 2:
		*rax = (*rax & ~0xffffUL) | (u16)val;
		break;
	default:
		*rax = val;
	}
}

int mvm_complete_io(struct mvm_vcpu *vcpu)
{
	if (vcpu->io_pending) {
		vcpu->io_pending = false;
		if (vmx_rip(vcpu) != vcpu->io_rip)
			return 1;
		if (vcpu->io_in)
			take_input(vcpu);
	} else if (unlikely(vcpu->vmcall_pending)) {
		vcpu->vmcall_pending = false;
		vcpu->regs.gpr[MVM_RAX] = vcpu->run->hypercall.ret;
	} else {
		return 1;
	}
	return vmx_skip_step(vcpu, vcpu->io_length);
}

int exit_vmcall(struct mvm_vcpu *vcpu)
{
	static const u8 args[] = { MVM_RDI, MVM_RSI, MVM_RDX, MVM_R10, MVM_R8, MVM_R9 };
	u32 mode = READ_ONCE(vcpu->vm->vmcall_mode);
	struct kvm_run *run = vcpu->run;
	struct eventfd_ctx *ctx;
	unsigned int i;

	mvm_count(vcpu, exit_vmcall);
	if (likely(mode == MVM_VMCALL_EVENTFD)) {
		/* Interrupts are off: that is a read-side section, too. */
		ctx = rcu_dereference_sched(vcpu->vm->vmcall_fd);
		if (ctx)
			eventfd_signal(ctx, 1);
		vcpu->regs.gpr[MVM_RAX] = 0;
		return vmx_skip_exit(vcpu);
	}
	if (mode != MVM_VMCALL_USER)
		return vmx_inject_ud(vcpu);
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->exit_reason = KVM_EXIT_HYPERCALL;
	run->hypercall.nr = vcpu->regs.gpr[MVM_RAX];
	for (i = 0; i < ARRAY_SIZE(args); i++)
		run->hypercall.args[i] = vcpu->regs.gpr[args[i]];
	run->hypercall.longmode = !!(vcpu->regs.efer & EFER_LMA);
	vcpu->vmcall_pending = true;
	vcpu->io_length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	return 0;
}
