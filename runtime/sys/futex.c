/* SPDX-License-Identifier: MIT */
/*
 * futex(2) for a program with one thread: nobody sleeps on a futex whom a wake could wake, and
 * a wait whose value still holds can end only by its time-out or a signal.  Priority inheritance
 * is not here (ENOSYS, as on a kernel without it).
 */
#include <linux/futex.h>
#include <linux/time.h>

#include "fs/fs.h"
#include "mm/mm.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

/* FUTEX_WAIT's time-out is relative, on CLOCK_MONOTONIC; FUTEX_WAIT_BITSET's is absolute. */
static long wait_deadline(u64 op, u64 timeout, u64 *deadline)
{
	int clock = op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	u64 ns, now;
	long err;

	*deadline = CLOCK_NEVER;
	if (!timeout)
		return 0;
	err = timespec_from_user(timeout, &ns);
	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT) {
		*deadline = clock_deadline(ns);
		return 0;
	}
	now = time_now(clock);
	*deadline = ns > now ? clock_deadline(ns - now) : 0;
	return 0;
}

static long futex_wait(u64 uaddr, u64 op, u32 val, u64 timeout)
{
	u64 deadline;
	u32 value;
	long err = wait_deadline(op, timeout, &deadline);

	if (err)
		return err;
	if (get_user(value, uaddr))
		return -EFAULT;
	if (value != val)
		return -EAGAIN;
	if (!deadline)
		return -ETIMEDOUT;
	do {
		err = fs_wait(NULL, 0, deadline);
	} while (err >= 0 && time_now(CLOCK_MONOTONIC) < deadline);
	if (err == -EINTR)
		return timeout ? -EINTR : -ERESTARTSYS;
	return -ETIMEDOUT;
}

/* FUTEX_WAKE_OP: changes *uaddr2 and compares what was there; nobody is woken either way. */
static long futex_wake_op(u64 uaddr2, u32 encoded)
{
	u32 op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
	s32 arg = (s32)(encoded << 8) >> 20;
	u32 old, new, operand = encoded >> 31 ? 1U << (arg & 31) : (u32)arg;

	if (get_user(old, uaddr2))
		return -EFAULT;
	switch (op) {
	case FUTEX_OP_SET:
		new = operand;
		break;
	case FUTEX_OP_ADD:
		new = old + operand;
		break;
	case FUTEX_OP_OR:
		new = old | operand;
		break;
	case FUTEX_OP_ANDN:
		new = old & ~operand;
		break;
	case FUTEX_OP_XOR:
		new = old ^ operand;
		break;
	default:
		return -ENOSYS;
	}
	if (cmp > FUTEX_OP_CMP_GE)
		return -ENOSYS;
	return put_user(new, uaddr2);
}

long sys_futex(u64 uaddr, u64 op, u64 val, u64 timeout, u64 uaddr2, u64 val3)
{
	u32 cmd = (u32)op & FUTEX_CMD_MASK, value;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	if (uaddr % sizeof(u32))
		return -EINVAL;
	if (uaddr >= MVM_VA_STACK_TOP)
		return -EFAULT;
	switch (cmd) {
	case FUTEX_WAIT_BITSET:
		if (!(u32)val3)
			return -EINVAL;
		/* fall through */
	case FUTEX_WAIT:
		return futex_wait(uaddr, op, (u32)val, timeout);
	case FUTEX_WAKE_BITSET:
		return (u32)val3 ? 0 : -EINVAL;
	case FUTEX_WAKE:
	case FUTEX_REQUEUE:
		return 0;
	case FUTEX_CMP_REQUEUE:
		if (get_user(value, uaddr))
			return -EFAULT;
		return value == (u32)val3 ? 0 : -EAGAIN;
	case FUTEX_WAKE_OP:
		return uaddr2 % sizeof(u32) ? -EINVAL : futex_wake_op(uaddr2, (u32)val3);
	}
	return -ENOSYS;
}
