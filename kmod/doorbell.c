/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's doorbells: port I/O and VMCALL, to user space or to an eventfd that is rung inside
 * the kernel, and the ioctls that say to which.  MMIO has no place here: without an instruction
 * emulator no MMIO write is understood.
 *
 * The list of eventfds is changed under vm->lock and read by vCPUs under RCU.  What is taken away
 * waits for them, with the lock held: bells are hung once, before the guest runs.
 */
#include "exit_io.h"
#include <linux/eventfd.h>

/* ---- eventfds ---- */

struct ioeventfd {
	struct list_head node;
	struct eventfd_ctx *ctx;
	u64 addr, datamatch;
	u32 len;			/* 0: a write of any size, and any value */
	bool wildcard;			/* any value; datamatch is 0 */
};

/* May be there; KVM_IOEVENTFD_FLAG_PIO has to be. */
#define IOEVENTFD_FLAGS	(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_DEASSIGN)
#define IOEVENTFD_MAX	1000		/* as KVM's bus */

static void ioeventfd_free(struct ioeventfd *e)
{
	eventfd_ctx_put(e->ctx);
	kfree(e);
	mvm_live_dec();
}

/* Both would want the same write. */
static bool collide(const struct ioeventfd *a, const struct ioeventfd *b)
{
	if (a->addr != b->addr || (a->len && b->len && a->len != b->len))
		return false;
	return a->wildcard || b->wildcard || a->datamatch == b->datamatch;
}

static int assign(struct mvm_vm *vm, const struct ioeventfd *new)
{
	struct ioeventfd *e;
	unsigned int n = 0;

	list_for_each_entry(e, &vm->ioeventfds, node) {
		if (collide(e, new))
			return -EEXIST;
		n++;
	}
	if (n >= IOEVENTFD_MAX)
		return -ENOSPC;
	e = kmemdup(new, sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	mvm_live_inc();
	list_add_tail_rcu(&e->node, &vm->ioeventfds);
	return 0;
}

static int deassign(struct mvm_vm *vm, const struct ioeventfd *old)
{
	struct ioeventfd *e;

	list_for_each_entry(e, &vm->ioeventfds, node) {
		if (e->ctx == old->ctx && e->addr == old->addr && e->len == old->len &&
		    e->wildcard == old->wildcard && e->datamatch == old->datamatch) {
			list_del_rcu(&e->node);
			synchronize_rcu();
			ioeventfd_free(e);
			return 0;
		}
	}
	return -ENOENT;
}

int mvm_ioeventfd_set(struct mvm_vm *vm, const struct kvm_ioeventfd *args)
{
	bool match = args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH;
	bool remove = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct ioeventfd e = {
		.addr = args->addr, .len = args->len,
		.wildcard = !match, .datamatch = match ? args->datamatch : 0,
	};
	int err;

	if (e.len > 8 || (e.len & (e.len - 1)) || (!e.len && match) || e.addr + e.len < e.addr ||
	    (args->flags & ~IOEVENTFD_FLAGS) != KVM_IOEVENTFD_FLAG_PIO)
		return -EINVAL;
	e.ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(e.ctx))
		return PTR_ERR(e.ctx);
	err = remove ? deassign(vm, &e) : assign(vm, &e);
	if (err || remove)
		eventfd_ctx_put(e.ctx);
	return err;
}

int mvm_vmcall_set(struct mvm_vm *vm, const struct mvm_vmcall *args)
{
	struct eventfd_ctx *ctx = NULL, *old;

	if (args->mode > MVM_VMCALL_EVENTFD)
		return -EINVAL;
	if (vm->frozen)
		return -EPERM;
	if (args->mode == MVM_VMCALL_EVENTFD) {
		ctx = eventfd_ctx_fdget(args->fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	old = rcu_replace_pointer(vm->vmcall_fd, ctx, lockdep_is_held(&vm->lock));
	WRITE_ONCE(vm->vmcall_mode, args->mode);
	if (old) {
		synchronize_rcu();
		eventfd_ctx_put(old);
	}
	return 0;
}

void mvm_ioeventfd_destroy(struct mvm_vm *vm)
{
	struct eventfd_ctx *ctx = rcu_dereference_protected(vm->vmcall_fd, true);
	struct ioeventfd *e, *next;

	/* No vCPU is left to read the list. */
	list_for_each_entry_safe(e, next, &vm->ioeventfds, node)
		ioeventfd_free(e);
	if (ctx)
		eventfd_ctx_put(ctx);
}

/* ---- exits ---- */

/* Interrupts are off: that is a read-side section of RCU. */
static int io_to_eventfd(struct mvm_vcpu *vcpu, u32 qual)
{
	unsigned int size = IO_SIZE(qual);
	u32 val = vcpu->regs.gpr[MVM_RAX] & (~0U >> (32 - 8 * size));
	struct ioeventfd *e;

	list_for_each_entry_rcu(e, &vcpu->vm->ioeventfds, node, irqs_disabled()) {
		if (e->addr == IO_PORT(qual) && (!e->len || e->len == size) &&
		    (e->wildcard || e->datamatch == val)) {
			eventfd_signal(e->ctx, 1);
			return vmx_skip_exit(vcpu);
		}
	}
	return io_to_user(vcpu, qual);
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
	unsigned int size = IO_SIZE(vcpu->io_qual);

	if (size == 4)
		vcpu->regs.gpr[MVM_RAX] = 0;
	memcpy(&vcpu->regs.gpr[MVM_RAX], (void *)vcpu->run + PAGE_SIZE, size);
}

int mvm_complete_io(struct mvm_vcpu *vcpu)
{
	if (!vcpu->io_pending)
		return 1;
	if (vmx_rip(vcpu) != vcpu->io_rip) {
		vcpu->io_pending = MVM_IO_NONE;
		return 1;
	}
	if (vcpu->io_pending == MVM_IO_VMCALL)
		vcpu->regs.gpr[MVM_RAX] = vcpu->run->hypercall.ret;
	else if (vcpu->io_qual & IO_IN)
		take_input(vcpu);
	vcpu->io_pending = MVM_IO_NONE;
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
	vcpu->io_pending = MVM_IO_VMCALL;
	vcpu->io_rip = vmx_rip(vcpu);
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
