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

static __always_inline u32 io_value(struct mvm_vcpu *vcpu, unsigned int size)
{
	return vcpu->regs.gpr[MVM_RAX] & (u32)(~0U >> (32 - 8 * size));
}

/* OUT to an eventfd: no answer to wait for. */
bool exit_io_fast(struct mvm_vcpu *vcpu)
{
	u64 qual;
	unsigned int size;

	if (list_empty(&vcpu->vm->ioeventfds))
		return false;
	qual = vmx_qualification(vcpu);
	if (qual & (IO_IN | IO_STRING))
		return false;
	size = IO_SIZE(qual);
	if (!mvm_ioeventfd_fire(vcpu->vm, IO_PORT(qual), size, io_value(vcpu, size)))
		return false;
	mvm_count(vcpu, exit_io);
	vmx_skip(vcpu, vmcs_read(VM_EXIT_INSTRUCTION_LEN));
	return true;
}

/*
 * To user space.  RIP stays on the instruction until the next KVM_RUN, as in KVM, so that user
 * space may see which it was and may move it.
 */
int exit_io(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 qual = vmx_qualification(vcpu);
	unsigned int size = IO_SIZE(qual);

	mvm_count(vcpu, exit_io);
	/* INS and OUTS reach memory: an emulator's work. */
	if (unlikely(qual & IO_STRING))
		return vmx_internal_error(vcpu, KVM_INTERNAL_ERROR_EMULATION);
	if (!(qual & IO_IN)) {
		/* Only with guest debug on is this not exit_io_fast()'s already. */
		if (unlikely(vcpu->guest_debug) &&
		    mvm_ioeventfd_fire(vcpu->vm, IO_PORT(qual), size, io_value(vcpu, size)))
			return vmx_skip_exit(vcpu);
		*(u32 *)vcpu->pio_data = io_value(vcpu, size);
	}
	vcpu->io_pending = true;
	vcpu->io_in = qual & IO_IN;
	vcpu->io_size = size;
	vcpu->io_rip = vmx_rip(vcpu);
	vcpu->io_length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = qual & IO_IN ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = size;
	run->io.port = IO_PORT(qual);
	run->io.count = 1;
	run->io.data_offset = PAGE_SIZE;
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

bool exit_vmcall_fast(struct mvm_vcpu *vcpu)
{
	struct eventfd_ctx *ctx;

	if (READ_ONCE(vcpu->vm->vmcall_mode) != MVM_VMCALL_EVENTFD)
		return false;
	mvm_count(vcpu, exit_vmcall);
	/* Interrupts are off: that is a read-side section, too. */
	ctx = rcu_dereference_sched(vcpu->vm->vmcall_fd);
	if (ctx)
		eventfd_signal(ctx, 1);
	vcpu->regs.gpr[MVM_RAX] = 0;
	vmx_skip(vcpu, vmcs_read(VM_EXIT_INSTRUCTION_LEN));
	return true;
}

int exit_vmcall(struct mvm_vcpu *vcpu)
{
	static const u8 args[] = { MVM_RDI, MVM_RSI, MVM_RDX, MVM_R10, MVM_R8, MVM_R9 };
	struct kvm_run *run = vcpu->run;
	unsigned int i;

	switch (READ_ONCE(vcpu->vm->vmcall_mode)) {
	case MVM_VMCALL_EVENTFD:	/* with guest debug on */
		local_irq_disable();
		exit_vmcall_fast(vcpu);
		local_irq_enable();
		return 1;
	case MVM_VMCALL_USER:
		break;
	default:
		return vmx_inject_ud(vcpu);
	}
	mvm_count(vcpu, exit_vmcall);
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
