/* SPDX-License-Identifier: MIT */
/*
 * pidfd_open(2) and its kin, for the one process there is: its own.  A pidfd becomes readable when
 * its process ends, which nobody in the VM lives to see.
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "sched/waitq.h"
#include "sys/process.h"
#include "sys/signal.h"
#include "sys/syscalls.h"

static u32 pidfd_poll(struct file *f, struct waitq **q)
{
	(void)f, (void)q;
	return 0;
}

static void pidfd_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops pidfd_ops = {
	.flags = FO_STREAM, .seek = seek_nowhere, .poll = pidfd_poll, .ioctl = ioctl_enotty,
	.stat = node_file_stat, .setattr = node_file_setattr, .statfs = node_file_statfs,
	.release = pidfd_release, .anon = "[pidfd]",
};

static bool is_pidfd(u64 fd)
{
	const struct file *f = fd_file(fd);

	return f && f->ops == &pidfd_ops;
}

/* A number of a thread that is not the process's is refused, as by Linux before PIDFD_THREAD. */
long sys_pidfd_open(u64 pid, u64 flags)
{
	if ((u32)flags & ~(u32)O_NONBLOCK || (s32)pid <= 0)
		return -EINVAL;
	if ((s32)pid != PROCESS_ID)
		return pid_is_self(pid) ? -EINVAL : -ESRCH;
	return anon_fd(&pidfd_ops, kzalloc(1), O_RDWR | O_CLOEXEC | (u32)flags);
}

long sys_pidfd_send_signal(u64 fd, u64 sig, u64 uinfo, u64 flags)
{
	struct ksiginfo info;

	if ((u32)flags)
		return -EINVAL;
	if (!is_pidfd(fd))
		return -EBADF;
	if (!uinfo)
		return sys_kill(PROCESS_ID, sig);
	if (get_user(info, uinfo))
		return -EFAULT;
	return info.signo == (s32)sig ? sys_rt_sigqueueinfo(PROCESS_ID, sig, uinfo) : -EINVAL;
}

long sys_pidfd_getfd(u64 pidfd, u64 fd, u64 flags)
{
	struct file *f;
	long res;

	if ((u32)flags)
		return -EINVAL;
	f = is_pidfd(pidfd) ? fd_peek(fd) : NULL;
	if (!f)
		return -EBADF;
	res = fd_install(f, 0, true);
	if (res >= 0)
		file_ref(f);
	return res;
}
