/* SPDX-License-Identifier: MIT */
/*
 * poll and ppoll over any mix of files: a look at all of them, and where none is ready a place in
 * the queue of each.  select.c is made of poll_core().
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "fs/poll.h"
#include "sched/hostfd.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include <linux/time.h>
#include <linux/time_types.h>

/* One poller: woken by any of the files it looks at. */
struct poller {
	struct thread *thread;
	bool woken;
};

struct poll_waiter {
	struct waiter w;
	struct poller *poller;
	struct file *file;		/* a reference, as another thread may close it */
};

static bool wake_poller(struct waiter *w, u32 events)
{
	struct poller *p = container_of(w, struct poll_waiter, w)->poller;

	(void)events;
	p->woken = true;
	sched_wake(p->thread);
	return true;
}

/* One look at all of them: how many are ready.  waiters: stand in each one's queue as well. */
static int look(struct pollfd *p, u32 n, struct poll_waiter *waiters, struct poller *poller)
{
	int ready = 0;

	for (u32 i = 0; i < n; i++) {
		struct file *f = p[i].fd < 0 ? NULL : fd_file(p[i].fd);
		struct waitq *q = NULL;

		p[i].revents = 0;
		if (p[i].fd < 0)
			continue;
		if (!f)
			p[i].revents = POLLNVAL;
		else if (f->ops->poll)
			p[i].revents = f->ops->poll(f, &q) &
				       ((u16)p[i].events | POLLERR | POLLHUP);
		ready += p[i].revents != 0;
		if (!waiters || !q)
			continue;
		waiters[i] = (struct poll_waiter){
			.w.fn = wake_poller, .poller = poller, .file = f
		};
		file_ref(f);
		waitq_add(q, &waiters[i].w);
	}
	return ready;
}

static void unhook(struct poll_waiter *waiters, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		waitq_remove(&waiters[i].w);
		file_put(waiters[i].file);
		waiters[i].file = NULL;
	}
}

static int sleep_and_look(struct pollfd *p, u32 n, struct poll_waiter *waiters, u64 deadline)
{
	struct poller poller = { .thread = current };
	int ready, err = 0;

	for (;;) {
		ready = look(p, n, waiters, &poller);
		if (!ready && !err)
			err = sched_sleep(deadline);
		unhook(waiters, n);
		if (ready)
			return ready;
		if (err && err != -ETIMEDOUT)
			return err;
		/* At the time limit, one look more. */
		if (err)
			return look(p, n, NULL, NULL);
	}
}

int poll_core(struct pollfd *p, u32 n, u64 deadline)
{
	struct poll_waiter few[POLL_FEW] = { 0 }, *waiters = few;
	int ready = look(p, n, NULL, NULL);

	if (ready)
		return ready;
	if (!deadline) {
		/* What the host has to tell is told when it is asked. */
		hostfd_look();
		return look(p, n, NULL, NULL);
	}
	if (n > POLL_FEW)
		waiters = kzalloc(n * sizeof(*waiters));
	if (!waiters)
		return -ENOMEM;
	ready = sleep_and_look(p, n, waiters, deadline);
	if (waiters != few)
		kfree(waiters);
	return ready;
}

long deadline_in(u64 uts, bool micro, u64 *deadline)
{
	struct __kernel_timespec t;
	u64 ns;

	*deadline = UINT64_MAX;
	if (!uts)
		return 0;
	if (copy_from_user(&t, uts, sizeof(t)))
		return -EFAULT;
	if (micro) {		/* select's timeval may have whole seconds in its microseconds */
		t.tv_sec += t.tv_nsec / 1000000;
		t.tv_nsec = t.tv_nsec % 1000000 * 1000;
	}
	if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= 1000000000)
		return -EINVAL;
	if (!t.tv_sec && !t.tv_nsec) {
		*deadline = 0;
		return 0;
	}
	if (!__builtin_mul_overflow((u64)t.tv_sec, 1000000000UL, &ns) &&
	    !__builtin_add_overflow(ns, (u64)t.tv_nsec + time_now(CLOCK_MONOTONIC), &ns))
		*deadline = ns;
	return 0;
}

void deadline_out(u64 uts, bool micro, u64 deadline)
{
	struct __kernel_timespec t;
	u64 now, left;

	if (!uts || deadline == UINT64_MAX)
		return;
	now = deadline ? time_now(CLOCK_MONOTONIC) : 0;
	left = deadline > now ? deadline - now : 0;
	t.tv_sec = left / 1000000000;
	t.tv_nsec = left % 1000000000 / (micro ? 1000 : 1);
	/* The result stands even where the time left cannot be written. */
	(void)!copy_to_user(uts, &t, sizeof(t));
}

static long do_poll(u64 ufds, u32 n, u64 deadline)
{
	struct pollfd few[POLL_FEW], *p = few;
	long res;

	if (n > fs_nofile)
		return -EINVAL;
	if (n > POLL_FEW)
		p = kmalloc(n * sizeof(*p));
	if (!p)
		return -ENOMEM;
	res = copy_from_user(p, ufds, n * sizeof(*p));
	if (!res)
		res = poll_core(p, n, deadline);
	if (res >= 0 && copy_to_user(ufds, p, n * sizeof(*p)))
		res = -EFAULT;
	if (p != few)
		kfree(p);
	return res;
}

long sys_poll(u64 ufds, u64 n, u64 timeout)
{
	int ms = timeout;
	u64 deadline = UINT64_MAX;

	if (ms >= 0)
		deadline = ms ? time_now(CLOCK_MONOTONIC) + ms * 1000000UL : 0;
	return do_poll(ufds, n, deadline);
}

long sys_ppoll(u64 ufds, u64 n, u64 uts, u64 sigmask, u64 sigsetsize)
{
	u64 deadline;
	long res = deadline_in(uts, false, &deadline);

	if (!res)
		res = signal_mask_temp(sigmask, sigsetsize);
	if (res)
		return res;
	res = signal_mask_over(do_poll(ufds, n, deadline));
	deadline_out(uts, false, deadline);
	return res;
}
