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
 * RIP stays on the instruction until the next KVM_RUN, as in KVM, so that user space may see which
 * it was and may move it.
 */
static __always_inline int io_to_user(struct mvm_vcpu *vcpu, u64 qual)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = qual & IO_IN ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = IO_SIZE(qual);
	run->io.port = IO_PORT(qual);
	run->io.count = 1;
	run->io.data_offset = PAGE_SIZE;
	/* Of an OUT; user space looks at the first bytes of it. */
	if (!(qual & IO_IN))
		*(u32 *)vcpu->pio_data = vcpu->regs.gpr[MVM_RAX];
	vcpu->io_pending = true;
	vcpu->io_in = qual & IO_IN;
	vcpu->io_size = IO_SIZE(qual);
	vcpu->io_length = vmcs_read(VM_EXIT_INSTRUCTION_LEN);
	vcpu->io_rip = vmx_rip(vcpu);
	return 0;
}

static noinline int io_to_eventfd(struct mvm_vcpu *vcpu, u64 qual)
{
	unsigned int size = IO_SIZE(qual);
	u32 val = vcpu->regs.gpr[MVM_RAX] & (~0U >> (32 - 8 * size));

	if (!mvm_ioeventfd_fire(vcpu->vm, IO_PORT(qual), size, val))
		return io_to_user(vcpu, qual);
	return vmx_skip_exit(vcpu);
}

int exit_io(struct mvm_vcpu *vcpu)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);

	mvm_count(vcpu, exit_io);
	/* INS and OUTS reach memory: an emulator's work. */
	if (unlikely(qual & IO_STRING))
		return vmx_emulation_error(vcpu);
	if (!(qual & IO_IN) && !list_empty(&vcpu->vm->ioeventfds))
		return io_to_eventfd(vcpu, qual);
	return io_to_user(vcpu, qual);
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
