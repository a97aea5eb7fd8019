/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2): a timer whose expirations are read as a number.  TFD_TIMER_CANCEL_ON_SET is
 * accepted: nobody in the VM can set the clock.
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "sched/waitq.h"
#include "sys/clocktimer.h"
#include "sys/creds.h"
#include "sys/sys.h"
#include <asm/poll.h>
#include <linux/capability.h>
#include <linux/time.h>
#include <linux/timerfd.h>

struct timerfd {
	struct clocktimer timer;
	struct waitq q;
	u64 ticks;			/* expirations that were not read */
	bool again;			/* it recurs, but wakes nobody again before it is read */
};

static void expired(struct clocktimer *c)
{
	struct timerfd *tfd = container_of(c, struct timerfd, timer);

	tfd->ticks++;
	tfd->again = c->interval;
	waitq_wake(&tfd->q, POLLIN);
}

static long timerfd_read(struct file *f, struct io *io, u64 *pos)
{
	struct timerfd *tfd = f->priv;
	u64 ticks;

	(void)pos;
	if (io->left < sizeof(ticks))
		return -EINVAL;
	timers_run();
	while (!tfd->ticks) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (waitq_wait(&tfd->q, UINT64_MAX))
			return -ERESTARTSYS;
	}
	ticks = tfd->ticks;
	tfd->ticks = 0;
	if (tfd->again)
		ticks += clocktimer_again(&tfd->timer) - 1;
	tfd->again = false;
	return io_put(io, &ticks, sizeof(ticks));
}

static u32 timerfd_poll(struct file *f, struct waitq **q)
{
	struct timerfd *tfd = f->priv;

	*q = &tfd->q;
	timers_run();
	return tfd->ticks ? POLLIN : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *tfd = f->priv;

	clocktimer_stop(&tfd->timer);
	waitq_destroy(&tfd->q, POLLHUP);
	kfree(tfd);
}

static const struct file_ops timerfd_ops = {
	.flags = FO_STREAM, .read = timerfd_read, .seek = seek_nowhere, .poll = timerfd_poll,
	.ioctl = ioctl_enotty, .stat = node_file_stat, .setattr = node_file_setattr,
	.statfs = node_file_statfs, .release = timerfd_release, .anon = "[timerfd]",
};

/* The clock that stands for this one; -1: not for timers. */
static int clock_for(s32 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	case CLOCK_MONOTONIC:
		return CLOCK_MONOTONIC;
	}
	return -1;
}

long sys_timerfd_create(u64 clock64, u64 flags)
{
	s32 clock = (s32)clock64;
	struct timerfd *tfd;

	if ((u32)flags & ~(u32)(TFD_CLOEXEC | TFD_NONBLOCK) || clock_for(clock) < 0)
		return -EINVAL;
	if (clock != clock_for(clock) && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	tfd = kzalloc(sizeof(*tfd));
	if (!tfd)
		return -ENOMEM;
	tfd->timer = (struct clocktimer){ .fn = expired, .clock = clock_for(clock) };
	return anon_fd(&timerfd_ops, tfd, O_RDWR | (u32)flags);
}

static long timerfd_of(u64 fd, struct timerfd **tfd)
{
	struct file *f = fd_file(fd);

	if (!f)
		return -EBADF;
	*tfd = f->priv;
	return f->ops == &timerfd_ops ? 0 : -EINVAL;
}

long sys_timerfd_settime(u64 fd, u64 flags, u64 new, u64 old)
{
	struct timer_spec s, before;
	struct timerfd *tfd;
	long err = timer_spec_from_user(new, &s);

	if (err)
		return err;
	if ((u32)flags & ~(u32)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	err = timerfd_of(fd, &tfd);
	if (err)
		return err;
	timers_run();
	clocktimer_get(&tfd->timer, &before);
	tfd->ticks = 0;
	tfd->again = false;
	clocktimer_set(&tfd->timer, flags & TFD_TIMER_ABSTIME, &s);
	return old ? timer_spec_to_user(old, &before) : 0;
}

long sys_timerfd_gettime(u64 fd, u64 addr)
{
	struct timer_spec s;
	struct timerfd *tfd;
	long err = timerfd_of(fd, &tfd);

	if (err)
		return err;
	timers_run();
	clocktimer_get(&tfd->timer, &s);
	return timer_spec_to_user(addr, &s);
}
