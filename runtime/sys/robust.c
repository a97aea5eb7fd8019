/* SPDX-License-Identifier: MIT */
/*
 * What a thread leaves behind: set_tid_address(2) and the robust list of get_robust_list(2), whose
 * layout is struct robust_list_head of <linux/futex.h>.
 */
#include <linux/futex.h>

#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/futex.h"
#include "sys/process.h"
#include "sys/syscalls.h"

#define HEAD_SIZE	24U
#define PI_BIT		1UL	/* of an entry's address: a PI futex, which there are none of */

struct head { u64 next, offset, pending; };

long sys_set_robust_list(u64 head, u64 len)
{
	if (len != HEAD_SIZE)
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

long sys_get_robust_list(u64 pid, u64 head, u64 len)
{
	const struct thread *t = (s32)pid ? thread_by_tid((s32)pid) : current;
	u64 size = HEAD_SIZE;

	if (!t)
		return -ESRCH;
	if (put_user(size, len) || put_user(t->robust_list, head))
		return -EFAULT;
	return 0;
}

/* A mutex of the thread's: its word says that the owner died, and one who waits gets it. */
static void release(u64 addr, bool pending)
{
	u32 word, died;

	if (addr % sizeof(word) || get_user(word, addr))
		return;
	/* It was about to take or release it: a waiter may be left without a wake-up. */
	if (pending && !word)
		futex_wake_at(addr, 1);
	if ((word & FUTEX_TID_MASK) != (u32)current->tid)
		return;
	died = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
	if (!put_user(died, addr) && word & FUTEX_WAITERS)
		futex_wake_at(addr, 1);
}

/* The list is the program's, and may be anything: exit_robust_list() in Linux bounds it alike. */
static void walk(u64 list)
{
	struct head h;
	u64 entry, next;

	if (copy_from_user(&h, list, sizeof(h)))
		return;
	entry = h.next;
	for (u32 n = 0; (entry & ~PI_BIT) != list && n < ROBUST_LIST_LIMIT; n++) {
		bool last = get_user(next, entry & ~PI_BIT);

		if (entry != h.pending)
			release((entry & ~PI_BIT) + h.offset, false);
		if (last)
			return;
		entry = next;
	}
	if (h.pending)
		release((h.pending & ~PI_BIT) + h.offset, true);
}

void futex_thread_ends(void)
{
	u64 clear = (u64)current->clear_tid;
	u32 zero = 0;

	if (current->robust_list)
		walk(current->robust_list);
	if (clear && threads_alive > 1 && !put_user(zero, clear))
		futex_wake_at(clear, 1);
}
