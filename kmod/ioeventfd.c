/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eventfds that a guest rings inside the kernel: KVM_IOEVENTFD on port I/O, and the eventfd of
 * VMCALL.  MMIO has no place here: without an instruction emulator no MMIO write is understood.
 *
 * The list is changed under vm->lock and read by vCPUs under RCU.  What is taken away waits for
 * them, with the lock held: bells are hung once, before the guest runs.
 */
#include <linux/eventfd.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "core.h"

struct ioeventfd {
	struct list_head node;
	struct eventfd_ctx *ctx;
	u64 addr, datamatch;
	u32 len;			/* 0: a write of any size */
	bool wildcard;			/* any value; datamatch is 0 */
};

#define IOEVENTFD_FLAGS	(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO | \
			 KVM_IOEVENTFD_FLAG_DEASSIGN)
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
	if (a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len && (a->wildcard || b->wildcard || a->datamatch == b->datamatch);
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

	if (e.len > 8 || (e.len & (e.len - 1)) || (!e.len && match) ||
	    e.addr + e.len < e.addr ||
	    (args->flags & ~IOEVENTFD_FLAGS) || !(args->flags & KVM_IOEVENTFD_FLAG_PIO))
		return -EINVAL;
	e.ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(e.ctx))
		return PTR_ERR(e.ctx);
	err = remove ? deassign(vm, &e) : assign(vm, &e);
	if (err || remove)
		eventfd_ctx_put(e.ctx);
	return err;
}

/* Interrupts are off: that is a read-side section of RCU. */
bool mvm_ioeventfd_fire(struct mvm_vm *vm, u16 port, unsigned int size, u32 val)
{
	struct ioeventfd *e;

	list_for_each_entry_rcu(e, &vm->ioeventfds, node, irqs_disabled()) {
		if (e->addr == port && (!e->len || e->len == size) &&
		    (e->wildcard || e->datamatch == val)) {
			eventfd_signal(e->ctx, 1);
			return true;
		}
	}
	return false;
}

int mvm_vmcall_set(struct mvm_vm *vm, const struct mvm_vmcall *args)
{
	struct eventfd_ctx *ctx = NULL, *old;

	if (args->mode > MVM_VMCALL_EVENTFD)
		return -EINVAL;
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
