/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eventfds that a guest rings inside the kernel: KVM_IOEVENTFD on port I/O, and the eventfd of
 * VMCALL.  MMIO has no place here: without an instruction emulator no MMIO write is understood.
 *
 * The list is changed under vm->lock and read by vCPUs under RCU.
 */
#include <linux/eventfd.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core.h"

struct ioeventfd {
	struct list_head node;
	struct rcu_head rcu;
	struct eventfd_ctx *ctx;
	u64 addr;
	u32 len;			/* 0: a write of any size */
	bool wildcard;			/* any value */
	u64 datamatch;
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

static void ioeventfd_free_rcu(struct rcu_head *rcu)
{
	ioeventfd_free(container_of(rcu, struct ioeventfd, rcu));
}

/* Both would want the same write. */
static bool ioeventfd_collides(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->addr == b->addr &&
	       (!a->len || !b->len ||
		(a->len == b->len &&
		 (a->wildcard || b->wildcard || a->datamatch == b->datamatch)));
}

static int ioeventfd_assign(struct mvm_vm *vm, struct ioeventfd *new)
{
	struct ioeventfd *e;
	unsigned int n = 0;

	list_for_each_entry(e, &vm->ioeventfds, node) {
		if (ioeventfd_collides(e, new))
			return -EEXIST;
		n++;
	}
	if (n >= IOEVENTFD_MAX)
		return -ENOSPC;
	list_add_tail_rcu(&new->node, &vm->ioeventfds);
	return 0;
}

static int ioeventfd_deassign(struct mvm_vm *vm, const struct ioeventfd *old)
{
	struct ioeventfd *e;

	list_for_each_entry(e, &vm->ioeventfds, node) {
		if (e->ctx != old->ctx || e->addr != old->addr || e->len != old->len ||
		    e->wildcard != old->wildcard ||
		    (!e->wildcard && e->datamatch != old->datamatch))
			continue;
		list_del_rcu(&e->node);
		call_rcu(&e->rcu, ioeventfd_free_rcu);
		return 0;
	}
	return -ENOENT;
}

static int ioeventfd_check(const struct kvm_ioeventfd *args)
{
	if (args->len > 8 || (args->len & (args->len - 1)))
		return -EINVAL;
	if (args->addr + args->len < args->addr)
		return -EINVAL;
	if ((args->flags & ~IOEVENTFD_FLAGS) || !(args->flags & KVM_IOEVENTFD_FLAG_PIO))
		return -EINVAL;
	if (!args->len && (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH))
		return -EINVAL;
	return 0;
}

int mvm_ioeventfd_set(struct mvm_vm *vm, const struct kvm_ioeventfd *args)
{
	bool deassign = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct ioeventfd *e;
	int err = ioeventfd_check(args);

	if (err)
		return err;
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	e->ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(e->ctx)) {
		err = PTR_ERR(e->ctx);
		kfree(e);
		return err;
	}
	mvm_live_inc();
	e->addr = args->addr;
	e->len = args->len;
	e->wildcard = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH);
	e->datamatch = args->datamatch;

	mutex_lock(&vm->lock);
	err = deassign ? ioeventfd_deassign(vm, e) : ioeventfd_assign(vm, e);
	mutex_unlock(&vm->lock);
	if (err || deassign)
		ioeventfd_free(e);
	return err;
}

bool mvm_ioeventfd_fire(struct mvm_vm *vm, u16 port, unsigned int size, u32 val)
{
	struct ioeventfd *e;
	bool fired = false;

	if (list_empty(&vm->ioeventfds))
		return false;
	rcu_read_lock();
	list_for_each_entry_rcu(e, &vm->ioeventfds, node) {
		if (e->addr != port || (e->len && e->len != size) ||
		    (!e->wildcard && e->datamatch != val))
			continue;
		eventfd_signal(e->ctx, 1);
		fired = true;
		break;
	}
	rcu_read_unlock();
	return fired;
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
	mutex_lock(&vm->lock);
	old = rcu_replace_pointer(vm->vmcall_fd, ctx, lockdep_is_held(&vm->lock));
	WRITE_ONCE(vm->vmcall_mode, args->mode);
	mutex_unlock(&vm->lock);
	if (old) {
		/* Seldom enough: the doorbell is set once, before the guest runs. */
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
