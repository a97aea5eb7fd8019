/* SPDX-License-Identifier: MIT */
/* Changing attributes: modes, owners, times, the umask; extended attributes, which are none. */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include <linux/time_types.h>

u32 fs_umask = 022;

/* As Linux tells it: one time alone is as good as the access that would set it. */
static u32 event_of(const struct mvm_setattr *a)
{
	bool atime = a->mask & (MVM_SET_ATIME | MVM_SET_ATIME_NOW);
	bool mtime = a->mask & (MVM_SET_MTIME | MVM_SET_MTIME_NOW);

	if (a->mask & (MVM_SET_MODE | MVM_SET_OWNER) || atime == mtime)
		return IN_ATTRIB;
	return atime ? IN_ACCESS : IN_MODIFY;
}

static long setattr_file(struct file *f, const struct mvm_setattr *a)
{
	long err = f->ops->setattr ? f->ops->setattr(f, a) : -EBADF;

	if (!err)
		notify_file(f, event_of(a));
	return err;
}

static long setattr_name(struct name *r, const struct mvm_setattr *a, bool nofollow)
{
	long err;

	if (r->file)
		return setattr_file(r->file, a);
	if (r->mnt)
		err = host_setattr(r->handle, r->rel, r->rel_len, nofollow, a);
	else if (S_ISLNK(r->node->mode) && a->mask & MVM_SET_MODE)
		return -EOPNOTSUPP;
	else
		err = node_setattr(r->node, a);
	if (!err)
		notify_name(r, event_of(a));
	return err;
}

static long do_setattr(struct name *r, void *arg)
{
	return setattr_name(r, arg, r->slow);
}

static long do_lsetattr(struct name *r, void *arg)
{
	return setattr_name(r, arg, true);
}

static long setattr_fd(u64 fd, const struct mvm_setattr *a, bool path_too)
{
	struct file *f = path_too ? fd_peek(fd) : fd_file(fd);

	if (!f)
		return -EBADF;
	return setattr_file(f, a);
}

/* flags: AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH; the caller has refused others. */
static long setattr_at(u64 dfd, u64 path, u32 flags, struct mvm_setattr *a)
{
	char first;

	if (flags & AT_EMPTY_PATH) {
		if (get_user(first, path))
			return -EFAULT;
		if (!first && (int)dfd != AT_FDCWD)
			return setattr_fd(dfd, a, true);
		if (!first)
			return setattr_file(cwd_file(), a);
	}
	if (flags & AT_SYMLINK_NOFOLLOW)
		return at_path(dfd, path, 0, do_lsetattr, a);
	return at_path(dfd, path, W_FOLLOW | W_MAGIC, do_setattr, a);
}

long sys_fchmodat2(u64 dfd, u64 path, u64 mode, u64 flags)
{
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = mode & 07777 };

	if ((u32)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return setattr_at(dfd, path, flags, &a);
}

long sys_fchmodat(u64 dfd, u64 path, u64 mode)
{
	return sys_fchmodat2(dfd, path, mode, 0);
}

long sys_chmod(u64 path, u64 mode)
{
	return sys_fchmodat2(AT_FDCWD, path, mode, 0);
}

long sys_fchmod(u64 fd, u64 mode)
{
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = mode & 07777 };

	return setattr_fd(fd, &a, false);
}

long sys_fchownat(u64 dfd, u64 path, u64 uid, u64 gid, u64 flags)
{
	struct mvm_setattr a = { .mask = MVM_SET_OWNER, .uid = uid, .gid = gid };

	if ((u32)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return setattr_at(dfd, path, flags, &a);
}

long sys_chown(u64 path, u64 uid, u64 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(u64 path, u64 uid, u64 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(u64 fd, u64 uid, u64 gid)
{
	struct mvm_setattr a = { .mask = MVM_SET_OWNER, .uid = uid, .gid = gid };

	return setattr_fd(fd, &a, false);
}

/* ---- times ---- */

#define UTIME_NOW	((1L << 30) - 1L)
#define UTIME_OMIT	((1L << 30) - 2L)

/* One of the two times of a call into *a; bit: MVM_SET_ATIME or MVM_SET_MTIME. */
static int time_in(struct mvm_setattr *a, const struct __kernel_timespec *t, u32 bit)
{
	bool access = bit == MVM_SET_ATIME;

	if (t->tv_nsec == UTIME_OMIT)
		return 0;
	if (t->tv_nsec == UTIME_NOW) {
		a->mask |= access ? MVM_SET_ATIME_NOW : MVM_SET_MTIME_NOW;
		return 0;
	}
	if ((u64)t->tv_nsec >= 1000000000)
		return -EINVAL;
	a->mask |= bit;
	if (access) {
		a->atime_sec = t->tv_sec;
		a->atime_nsec = t->tv_nsec;
	} else {
		a->mtime_sec = t->tv_sec;
		a->mtime_nsec = t->tv_nsec;
	}
	return 0;
}

/* t: two times, or NULL for now. */
static long set_times(u64 dfd, u64 path, const struct __kernel_timespec *t, u32 flags)
{
	struct mvm_setattr a = { .mask = MVM_SET_ATIME_NOW | MVM_SET_MTIME_NOW };

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (t) {
		a.mask = 0;
		if (time_in(&a, &t[0], MVM_SET_ATIME) || time_in(&a, &t[1], MVM_SET_MTIME))
			return -EINVAL;
		if (!a.mask && t[0].tv_nsec == UTIME_OMIT)
			return 0;		/* nothing to set: not even the path is looked at */
	}
	if (!path && (int)dfd != AT_FDCWD)
		return flags ? -EINVAL : setattr_fd(dfd, &a, false);
	return setattr_at(dfd, path, flags, &a);
}

long sys_utimensat(u64 dfd, u64 path, u64 utimes, u64 flags)
{
	struct __kernel_timespec t[2];

	if (utimes && copy_from_user(t, utimes, sizeof(t)))
		return -EFAULT;
	return set_times(dfd, path, utimes ? t : NULL, flags);
}

long sys_futimesat(u64 dfd, u64 path, u64 utimes)
{
	struct __kernel_old_timeval tv[2];
	struct __kernel_timespec t[2];

	if (!utimes)
		return set_times(dfd, path, NULL, 0);
	if (copy_from_user(tv, utimes, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if ((u64)tv[i].tv_usec >= 1000000)
			return -EINVAL;
		t[i].tv_sec = tv[i].tv_sec;
		t[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return set_times(dfd, path, t, 0);
}

long sys_utimes(u64 path, u64 utimes)
{
	return sys_futimesat(AT_FDCWD, path, utimes);
}

long sys_utime(u64 path, u64 utimes)
{
	struct __kernel_timespec t[2] = { 0 };
	s64 buf[2];

	if (!utimes)
		return set_times(AT_FDCWD, path, NULL, 0);
	if (copy_from_user(buf, utimes, sizeof(buf)))
		return -EFAULT;
	t[0].tv_sec = buf[0];
	t[1].tv_sec = buf[1];
	return set_times(AT_FDCWD, path, t, 0);
}

long sys_umask(u64 mask)
{
	u32 old = fs_umask;

	fs_umask = mask & 0777;
	return old;
}

/* ---- extended attributes: this file system has none ---- */

static long do_nothing(struct name *r, void *arg)
{
	(void)r, (void)arg;
	return -EOPNOTSUPP;
}

long sys_xattr_path(u64 path)
{
	return at_path(AT_FDCWD, path, 0, do_nothing, NULL);
}

long sys_xattr_fd(u64 fd)
{
	return fd_file(fd) ? -EOPNOTSUPP : -EBADF;
}
