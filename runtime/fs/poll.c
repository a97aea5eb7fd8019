/* SPDX-License-Identifier: MIT */
/*
 * poll and ppoll over any mix of files.  What the runtime knows itself is looked at first; for
 * the rest one WAIT request asks the host.  select.c is made of poll_core().
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "fs/poll.h"
#include "sys/sys.h"
#include <linux/time.h>
#include <linux/time_types.h>

/* What a poller asks with these bits of the host, and the answer as the poller sees it. */
static u16 to_host(u32 events)
{
	return (events & (POLLIN | POLLRDNORM) ? MVM_WAIT_IN : 0) |
	       (events & (POLLOUT | POLLWRNORM) ? MVM_WAIT_OUT : 0);
}

static u32 from_host(u16 revents)
{
	u32 mask = revents & (MVM_WAIT_ERR | MVM_WAIT_HUP);

	if (revents & MVM_WAIT_IN)
		mask |= POLLIN | POLLRDNORM;
	if (revents & MVM_WAIT_OUT)
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* One look at all of them: how many are ready; waits[] gets those that the host must judge. */
static int look(struct pollfd *p, u32 n, struct mvm_wait *waits, u32 *nwaits)
{
	int ready = 0;

	*nwaits = 0;
	for (u32 i = 0; i < n; i++) {
		struct file *f = p[i].fd < 0 ? NULL : fd_file(p[i].fd);
		s32 handle = -1;

		p[i].revents = 0;
		if (p[i].fd < 0)
			continue;
		if (!f) {
			p[i].revents = POLLNVAL;
		} else if (f->ops->poll) {
			u32 mask = f->ops->poll(f, &handle);

			p[i].revents = mask & ((u16)p[i].events | POLLERR | POLLHUP);
		}
		if (handle >= 0)
			waits[(*nwaits)++] = (struct mvm_wait){
				.handle = handle, .events = to_host(p[i].events) };
		ready += p[i].revents != 0;
	}
	return ready;
}

/* The host's answers into the pollfds that asked, in the same order. */
static int merge(struct pollfd *p, u32 n, const struct mvm_wait *waits)
{
	int ready = 0;

	for (u32 i = 0; i < n; i++) {
		struct file *f = p[i].fd < 0 ? NULL : fd_file(p[i].fd);
		s32 handle = -1;

		if (!f || !f->ops->poll)
			continue;
		f->ops->poll(f, &handle);
		if (handle < 0)
			continue;
		p[i].revents = from_host(waits++->revents) & ((u16)p[i].events | POLLERR | POLLHUP);
		ready += p[i].revents != 0;
	}
	return ready;
}

int poll_core(struct pollfd *p, u32 n, u64 deadline)
{
	struct mvm_wait few[POLL_FEW], *waits = few;
	u32 nwaits;
	int ready, res = 0;

	if (n > POLL_FEW)
		waits = kmalloc(n * sizeof(*waits));
	if (!waits)
		return -ENOMEM;
	for (;;) {
		ready = look(p, n, waits, &nwaits);
		if (ready && !nwaits)
			break;
		if (nwaits > MVM_WAIT_MAX) {
			res = -EINVAL;
			break;
		}
		res = fs_wait(waits, nwaits, ready ? 0 : deadline);
		if (res == -EINTR && ready)
			res = 0;
		if (res > 0)
			ready += merge(p, n, waits);
		/* Ready, but only for what was not asked: cannot happen, the host masks alike. */
		if (res < 0 || ready || !res)
			break;
	}
	if (waits != few)
		kfree(waits);
	return res < 0 ? res : ready;
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
	res = do_poll(ufds, n, deadline);
	deadline_out(uts, false, deadline);
	return res;
}
