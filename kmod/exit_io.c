/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's doorbells: port I/O and VMCALL, to user space or to an eventfd.
 */
#include <linux/eventfd.h>
#include <linux/rcupdate.h>

#include "core.h"
#include "exit_io.h"

static int io_to_eventfd(struct mvm_vcpu *vcpu, u32 qual)
{
	unsigned int size = IO_SIZE(qual);
	u32 val = vcpu->regs.gpr[MVM_RAX] & (~0U >> (32 - 8 * size));

	if (!mvm_ioeventfd_fire(vcpu->vm, IO_PORT(qual), size, val))
		return io_to_user(vcpu, qual);
	return vmx_skip_exit(vcpu);
}

int exit_io_rest(struct mvm_vcpu *vcpu, u32 qual)
{
	/* INS and OUTS reach memory: an emulator's work. */
	if (qual & IO_STRING)
		return vmx_emulation_error(vcpu);
	return qual & IO_IN ? io_to_user(vcpu, qual) : io_to_eventfd(vcpu, qual);
}

/* IN of 4 bytes clears the upper half of RAX; of 1 or 2 leaves the rest. */
static void take_input(struct mvm_vcpu *vcpu)
{
	unsigned long *rax = &vcpu->regs.gpr[MVM_RAX];
	u32 val = READ_ONCE(*(u32 *)vcpu->pio_data);

	switch (IO_SIZE(vcpu->io_qual)) {
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
		vcpu->io_pending = MVM_IO_NONE;
		if (vmx_rip(vcpu) != vcpu->io_rip)
			return 1;
		if (vcpu->io_qual & IO_IN)
			take_input(vcpu);
	} else if (unlikely(vcpu->vmcall_pending)) {
		vcpu->vmcall_pending = false;
		vcpu->regs.gpr[MVM_RAX] = vcpu->run->hypercall.ret;
	} else {
		return 1;
	}
	return vmx_skip_step(vcpu, vcpu->io_length);
}

static noinline int vmcall_to_user(struct mvm_vcpu *vcpu)
{
	static const u8 args[] = { MVM_RDI, MVM_RSI, MVM_RDX, MVM_R10, MVM_R8, MVM_R9 };
	struct kvm_run *run = vcpu->run;
	unsigned int i;

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

int exit_vmcall(struct mvm_vcpu *vcpu)
{
	u32 mode = READ_ONCE(vcpu->vm->vmcall_mode);
	struct eventfd_ctx *ctx;

	mvm_count(vcpu, exit_vmcall);
	if (mode == MVM_VMCALL_UD)
		return vmx_inject_ud(vcpu);
	if (mode == MVM_VMCALL_USER)
		return vmcall_to_user(vcpu);
	/* Interrupts are off: that is a read-side section, too. */
	ctx = rcu_dereference_sched(vcpu->vm->vmcall_fd);
	if (ctx)
		eventfd_signal(ctx, 1);
	vcpu->regs.gpr[MVM_RAX] = 0;
	return vmx_skip_exit(vcpu);
}
