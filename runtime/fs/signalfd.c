/* SPDX-License-Identifier: MIT */
/*
 * signalfd(2): pending signals of whoever reads, taken out of the queue as records.  What becomes
 * pending wakes signalfd_waitq (sys/signal.c): one queue for all, as each reader looks for its own.
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "sched/waitq.h"
#include "sys/hostsig.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include <asm/poll.h>
#include <linux/signalfd.h>

struct signalfd { u64 mask; };

/* The fields of siginfo_t that go with its si_code, each under its own name; signal(7). */
static void describe(const struct ksiginfo *info, struct signalfd_siginfo *s)
{
	*s = (struct signalfd_siginfo){
		.ssi_signo = (u32)info->signo, .ssi_errno = info->error, .ssi_code = info->code,
	};
	if (info->code == SI_TIMER) {
		s->ssi_tid = (u32)info->timer.tid;
		s->ssi_overrun = (u32)info->timer.overrun;
		s->ssi_ptr = info->timer.value;
		s->ssi_int = (s32)info->timer.value;
	} else if (info->code > 0 && info->code < SI_KERNEL &&
		   SIG_BIT(info->signo) & SIG_OF_FAULTS) {
		s->ssi_addr = info->fault.addr;
	} else {
		s->ssi_pid = (u32)info->sent.pid;
		s->ssi_uid = info->sent.uid;
		if (info->code < 0) {
			s->ssi_ptr = info->sent.value;
			s->ssi_int = (s32)info->sent.value;
		}
	}
}

/* As many as there are and fit; waits only for the first. */
static long signalfd_read(struct file *f, struct io *io, u64 *pos)
{
	struct signalfd *sfd = f->priv;
	struct signalfd_siginfo s;
	struct ksiginfo info;
	u64 done = 0;

	(void)pos;
	if (io->left < sizeof(s))
		return -EINVAL;
	while (io->left >= sizeof(s)) {
		if (signal_take(sfd->mask, &info)) {
			describe(&info, &s);
			if (io_put(io, &s, sizeof(s)) < (long)sizeof(s))
				return done ? (long)done : -EFAULT;
			done += sizeof(s);
			continue;
		}
		if (done)
			break;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (waitq_wait(&signalfd_waitq, UINT64_MAX))
			return -ERESTARTSYS;
	}
	return (long)done;
}

static u32 signalfd_poll(struct file *f, struct waitq **q)
{
	const struct signalfd *sfd = f->priv;

	*q = &signalfd_waitq;
	return signal_pending_set() & sfd->mask ? POLLIN : 0;
}

static void signalfd_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops signalfd_ops = {
	.flags = FO_STREAM, .read = signalfd_read, .seek = seek_nowhere, .poll = signalfd_poll,
	.ioctl = ioctl_enotty, .stat = node_file_stat, .setattr = node_file_setattr,
	.statfs = node_file_statfs, .release = signalfd_release, .anon = "[signalfd]",
};

static long new_signalfd(u64 mask, u32 flags)
{
	struct signalfd *sfd = kzalloc(sizeof(*sfd));

	if (sfd)
		sfd->mask = mask;
	return anon_fd(&signalfd_ops, sfd, O_RDWR | flags);
}

long sys_signalfd4(u64 fd, u64 umask, u64 size, u64 flags)
{
	struct signalfd *sfd;
	struct file *f;
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user(mask, umask))
		return -EFAULT;
	if ((u32)flags & ~(u32)(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	mask &= ~SIG_UNBLOCKABLE;
	hostsig_wants(mask);
	if ((s32)fd == -1)
		return new_signalfd(mask, (u32)flags);
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	if (f->ops != &signalfd_ops)
		return -EINVAL;
	sfd = f->priv;
	sfd->mask = mask;
	waitq_wake(&signalfd_waitq, POLLIN);
	return (s32)fd;
}

long sys_signalfd(u64 fd, u64 umask, u64 size)
{
	return sys_signalfd4(fd, umask, size, 0);
}
