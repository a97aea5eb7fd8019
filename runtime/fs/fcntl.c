/* SPDX-License-Identifier: MIT */
/* fcntl and ioctl: what is common to all files; the rest goes to the file or its locks. */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include <asm/ioctls.h>
#include <linux/fs.h>

#define F_SETABLE	((u32)(O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | FASYNC))

static long add_seals(struct file *f, u32 seals)
{
	struct node *n = f->node;

	if (f->ops != &ram_file_ops)
		return -EINVAL;
	if (!can_write(f))
		return -EPERM;
	if (seals & ~(u32)(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			   F_SEAL_FUTURE_WRITE))
		return -EINVAL;
	if (n->seals & F_SEAL_SEAL)
		return -EPERM;
	n->seals |= seals;
	return 0;
}

/* Signals on readiness are not sent: only "nobody" can be set as the owner. */
static long owner(u32 cmd, u64 arg)
{
	struct f_owner_ex none = { .type = F_OWNER_PID };

	if (cmd == F_GETOWN_EX)
		return copy_to_user(arg, &none, sizeof(none));
	if (cmd == F_SETOWN)
		return (int)arg ? -EINVAL : 0;
	return 0;
}

static long on_path_too(struct file *f, u64 fd, u32 cmd, u64 arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_GETFD:
	case F_SETFD:
		return fd_fcntl(fd, cmd, arg);
	case F_GETFL:
		return f->flags;
	default:
		return -EBADF;
	}
}

static long on_file(struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case F_SETFL:
		f->flags = (f->flags & ~F_SETABLE) | ((u32)arg & F_SETABLE);
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_fcntl(f, cmd, arg);
	case F_GETPIPE_SZ:
		return pipe_size(f);
	case F_SETPIPE_SZ:
		return pipe_resize(f, (u32)arg);
	case F_GET_SEALS:
		return f->ops == &ram_file_ops ? (long)f->node->seals : -EINVAL;
	case F_ADD_SEALS:
		return add_seals(f, arg);
	case F_GETOWN:
	case F_SETOWN:
	case F_GETOWN_EX:
		return owner(cmd, arg);
	case F_GETSIG:
		return 0;
	case F_GETLEASE:
		return F_UNLCK;
	default:
		return -EINVAL;
	}
}

long sys_fcntl(u64 fd, u64 cmd64, u64 arg)
{
	struct file *f = fd_peek(fd);
	u32 cmd = cmd64;
	long res;

	if (!f)
		return -EBADF;
	res = on_path_too(f, fd, cmd, arg);
	if (res != -EBADF || f->flags & O_PATH)
		return res;
	return on_file(f, cmd, arg);
}

static long set_flag(struct file *f, u32 flag, u64 arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	f->flags = on ? f->flags | flag : f->flags & ~flag;
	return 0;
}

/* FIONREAD of a regular file: what lies behind its position. */
static long bytes_left(struct file *f, u64 arg)
{
	struct mvm_stat st;
	long err = f->ops->stat(f, &st);

	if (err)
		return err;
	if (!S_ISREG(st.mode))
		return -ENOTTY;
	return put_user((int)(st.size - f->off), arg);
}

long sys_ioctl(u64 fd, u64 cmd64, u64 arg)
{
	struct file *f = fd_file(fd);
	u32 cmd = cmd64;

	if (!f)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
		return fd_fcntl(fd, F_SETFD, FD_CLOEXEC);
	case FIONCLEX:
		return fd_fcntl(fd, F_SETFD, 0);
	case FIONBIO:
		return set_flag(f, O_NONBLOCK, arg);
	case FIOASYNC:
		return set_flag(f, FASYNC, arg);
	case FIONREAD:
		if (f->ops->flags & FO_SEEK && f->ops->ioctl == ioctl_enotty)
			return bytes_left(f, arg);
		break;
	case FIGETBSZ:
		return f->ops->flags & FO_SEEK ? put_user((int)MVM_PAGE_SIZE, arg) : -ENOTTY;
	default:
		break;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}
