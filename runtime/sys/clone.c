/* SPDX-License-Identifier: MIT */
/*
 * clone(2) and clone3(2), for threads: what shares everything, as pthread_create makes it.  A copy
 * of the process cannot be made (fork, vfork, posix_spawn): that answers ENOSYS and is counted.
 */
#include <asm/unistd.h>
#include <linux/sched.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/dispatch.h"
#include "sys/signal.h"
#include "sys/syscalls.h"

#define THREAD_FLAGS	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
/* What a thread may be asked to share or not: in one process there is one of each. */
#define OTHER_FLAGS	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_DETACHED | \
			 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | \
			 CLONE_PTRACE | CLONE_UNTRACED | CLONE_IO)
#define ARGS_SIZE_VER0	64U

static long new_thread(u64 flags, u64 stack, u64 ptid, u64 ctid, u64 tls, u64 nr)
{
	struct thread *t;

	if ((flags & CLONE_SIGHAND && !(flags & CLONE_VM)) ||
	    (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)))
		return -EINVAL;
	if ((flags & THREAD_FLAGS) != THREAD_FLAGS ||
	    flags & ~(u64)(THREAD_FLAGS | OTHER_FLAGS)) {
		rt_log("a new process was asked for (flags %#lx): there is one in a VM, and no "
		       "fork", flags);
		return count_missing(nr);
	}
	if (flags & CLONE_SETTLS && tls >= MVM_VA_STACK_TOP)
		return -EPERM;
	t = thread_create(stack, flags & CLONE_SETTLS ? &tls : NULL);
	if (!t)
		return -EAGAIN;
	if (flags & CLONE_CHILD_CLEARTID)
		t->clear_tid = (u32 *)ctid;
	/* As in Linux, memory that cannot be written is the program's own fault. */
	if (flags & CLONE_PARENT_SETTID)
		(void)!put_user(t->tid, ptid);
	if (flags & CLONE_CHILD_SETTID)
		(void)!put_user(t->tid, ctid);
	sched_start(t);
	return t->tid;
}

long sys_clone(u64 flags, u64 stack, u64 ptid, u64 ctid, u64 tls)
{
	return new_thread((u32)flags & ~(u64)CSIGNAL, stack, ptid, ctid, tls, __NR_clone);
}

/* Bytes behind what is known here must be zero: copy_struct_from_user() in Linux. */
static long rest_is_zero(u64 addr, u64 size)
{
	u8 byte;

	for (u64 i = sizeof(struct clone_args); i < size; i++) {
		if (get_user(byte, addr + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

long sys_clone3(u64 uargs, u64 size)
{
	struct clone_args a = { 0 };
	long err;

	if (size > MVM_PAGE_SIZE)
		return -E2BIG;
	if (size < ARGS_SIZE_VER0)
		return -EINVAL;
	err = rest_is_zero(uargs, size);
	if (!err)
		err = copy_from_user(&a, uargs, MIN(size, sizeof(a)));
	if (err)
		return err;
	if ((!a.stack != !a.stack_size) || a.flags & (CLONE_DETACHED | CSIGNAL) || a.set_tid_size)
		return -EINVAL;
	if (a.flags & (CLONE_THREAD | CLONE_PARENT) && a.exit_signal)
		return -EINVAL;
	return new_thread(a.flags, a.stack ? a.stack + a.stack_size : 0, a.parent_tid, a.child_tid,
			  a.tls, __NR_clone3);
}
