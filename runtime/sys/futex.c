/* SPDX-License-Identifier: MIT */
/*
 * futex(2).  The runtime is not preempted, so that comparing the word and falling asleep are one
 * step.  Priority inheritance is not here (ENOSYS, as on a kernel without it).
 *
 * Threads that wait stand in queues by what they wait for: the address, or for memory that is
 * mapped shared the frame behind it, which may be mapped at several addresses.
 */
#include <linux/futex.h>
#include <linux/time.h>

#include "mm/mm.h"
#include "mm/space.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define BUCKETS		256U

/* One thread that waits. */
struct sleeper {
	struct sleeper *next, *prev;
	struct bucket *bucket;		/* NULL: woken */
	u64 key;
	u32 bitset;
	struct thread *thread;
};

static struct bucket { struct sleeper *first, *last; } buckets[BUCKETS];

static struct bucket *bucket_of(u64 key)
{
	return &buckets[(key >> 2 ^ key >> 10) % BUCKETS];
}

static void enqueue(struct sleeper *s)
{
	struct bucket *b = bucket_of(s->key);

	s->bucket = b;
	s->next = NULL;
	s->prev = b->last;
	if (b->last)
		b->last->next = s;
	else
		b->first = s;
	b->last = s;
}

static void dequeue(struct sleeper *s)
{
	struct bucket *b = s->bucket;

	if (!b)
		return;
	if (s->prev)
		s->prev->next = s->next;
	else
		b->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		b->last = s->prev;
	s->bucket = NULL;
}

/* Addresses lie below, frames above this bit. */
#define KEY_FRAME	(1UL << 63)

/*
 * What stands for the word at uaddr.  0 or -EFAULT, for an address that can never be the
 * application's and for memory that is shared and not there.
 */
static long key_of(u64 uaddr, u64 op, u64 *key)
{
	struct mvm_iov piece;
	struct mm_map m;
	size_t covered;

	*key = uaddr;
	if (!space_user(uaddr, sizeof(u32)))
		return -EFAULT;
	if (op & FUTEX_PRIVATE_FLAG || !mm_map_next(uaddr, &m) || m.start > uaddr || !m.shared)
		return 0;
	if (user_pieces(uaddr, sizeof(u32), false, &piece, 1, &covered) != 1)
		return -EFAULT;
	*key = piece.addr.v | KEY_FRAME;
	return 0;
}

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

static long futex_wait(u64 uaddr, u64 op, u32 val, u64 timeout, u32 bitset)
{
	struct sleeper s = { .bitset = bitset, .thread = current };
	u64 deadline;
	u32 value;
	long err = wait_deadline(op, timeout, &deadline);

	if (err)
		return err;
	if (get_user(value, uaddr) || key_of(uaddr, op, &s.key))
		return -EFAULT;
	if (value != val)
		return -EAGAIN;
	enqueue(&s);
	do
		err = sched_sleep(deadline);
	while (!err && s.bucket);
	if (!s.bucket)
		return 0;
	dequeue(&s);
	if (err == -EINTR)
		return timeout ? -EINTR : -ERESTARTSYS;
	return err;
}

static long wake(u64 key, u32 n, u32 bitset)
{
	struct sleeper *s, *next;
	u32 woken = 0;

	for (s = bucket_of(key)->first; s && woken < n; s = next) {
		next = s->next;
		if (s->key != key || !(s->bitset & bitset))
			continue;
		dequeue(s);
		sched_wake(s->thread);
		woken++;
	}
	return woken;
}

/* As Linux: FUTEX_WAKE of none wakes one. */
static long futex_wake(u64 uaddr, u64 op, s32 n, u32 bitset)
{
	u64 key;
	long err = key_of(uaddr, op, &key);

	return err ? err : wake(key, (u32)MAX(n, 1), bitset);
}

long futex_wake_at(u64 uaddr, u32 n)
{
	return futex_wake(uaddr, 0, (s32)n, FUTEX_BITSET_MATCH_ANY);
}

/* Wakes n of those at uaddr and lets m of the others wait at uaddr2.  cmp: *uaddr must be it. */
static long futex_requeue(u64 uaddr, u64 op, s32 n, s32 m, u64 uaddr2, const u32 *cmp)
{
	struct sleeper *s, *next;
	s32 done = 0;
	u64 from, to;
	u32 value;

	if (n < 0 || m < 0)
		return -EINVAL;
	if (key_of(uaddr, op, &from) || key_of(uaddr2, op, &to))
		return -EFAULT;
	if (cmp && get_user(value, uaddr))
		return -EFAULT;
	if (cmp && value != *cmp)
		return -EAGAIN;
	for (s = bucket_of(from)->first; s && (s64)done < (s64)n + m; s = next) {
		next = s->next;
		if (s->key != from)
			continue;
		if (done++ < n) {
			dequeue(s);
			sched_wake(s->thread);
		} else if (from != to) {
			dequeue(s);
			s->key = to;
			enqueue(s);
		}
	}
	return cmp ? done : MIN(done, n);
}

/* What FUTEX_WAKE_OP does to the word at uaddr2; *old is what was there. */
static long change(u64 uaddr2, u32 encoded, u32 *old)
{
	u32 op = encoded >> 28 & 7, operand;
	s32 arg = (s32)(encoded << 8) >> 20;
	u32 new;

	operand = encoded >> 31 ? 1U << (arg & 31) : (u32)arg;
	if (get_user(*old, uaddr2))
		return -EFAULT;
	switch (op) {
	case FUTEX_OP_SET:
		new = operand;
		break;
	case FUTEX_OP_ADD:
		new = *old + operand;
		break;
	case FUTEX_OP_OR:
		new = *old | operand;
		break;
	case FUTEX_OP_ANDN:
		new = *old & ~operand;
		break;
	case FUTEX_OP_XOR:
		new = *old ^ operand;
		break;
	default:
		return -ENOSYS;
	}
	return put_user(new, uaddr2);
}

static bool compares(s32 old, u32 encoded)
{
	s32 arg = (s32)(encoded << 20) >> 20;

	switch (encoded >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	}
	return old > arg;
}

static long futex_wake_op(u64 uaddr, u64 op, s32 n, s32 n2, u64 uaddr2, u32 encoded)
{
	u32 old;
	u64 key, key2;
	long res;

	if (key_of(uaddr, op, &key) || key_of(uaddr2, op, &key2))
		return -EFAULT;
	res = change(uaddr2, encoded, &old);
	if (res)
		return res;
	if ((encoded >> 24 & 15) > FUTEX_OP_CMP_GE)
		return -ENOSYS;
	res = wake(key, (u32)MAX(n, 1), FUTEX_BITSET_MATCH_ANY);
	if (compares((s32)old, encoded))
		res += wake(key2, (u32)MAX(n2, 1), FUTEX_BITSET_MATCH_ANY);
	return res;
}

long sys_futex(u64 uaddr, u64 op, u64 val, u64 timeout, u64 uaddr2, u64 val3)
{
	u32 cmd = (u32)op & FUTEX_CMD_MASK, bitset = FUTEX_BITSET_MATCH_ANY, cmp = (u32)val3;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	if (uaddr % sizeof(u32))
		return -EINVAL;
	if (uaddr >= MVM_VA_STACK_TOP)
		return -EFAULT;
	if (cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAKE_BITSET)
		bitset = (u32)val3;
	if (!bitset || ((cmd == FUTEX_REQUEUE || cmd == FUTEX_CMP_REQUEUE ||
			 cmd == FUTEX_WAKE_OP) && uaddr2 % sizeof(u32)))
		return -EINVAL;
	switch (cmd) {
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT:
		return futex_wait(uaddr, op, (u32)val, timeout, bitset);
	case FUTEX_WAKE_BITSET:
	case FUTEX_WAKE:
		return futex_wake(uaddr, op, (s32)val, bitset);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, op, (s32)val, (s32)timeout, uaddr2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, op, (s32)val, (s32)timeout, uaddr2, &cmp);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, op, (s32)val, (s32)timeout, uaddr2, cmp);
	}
	return -ENOSYS;
}
