/* SPDX-License-Identifier: MIT */
/* Asking for attributes: the stat family, statx, access, statfs. */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include <asm/stat.h>
#include <asm/statfs.h>

/* The kernel's device number, 12 bits of major and 20 of minor, as user space sees it. */
static u32 dev_major(u64 dev) { return (dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffU); }
static u32 dev_minor(u64 dev) { return (dev & 0xff) | (dev >> 12 & ~0xffU); }

static long do_stat(struct name *r, void *arg)
{
	struct mvm_stat *st = arg;

	if (r->file)
		return r->file->ops->stat(r->file, st);
	if (r->mnt)
		return host_stat(r->handle, r->rel, r->rel_len, true, st);
	node_stat(r->node, st);
	return 0;
}

/* With the last link followed by the host: the one request of a plain stat. */
static long do_stat_follow(struct name *r, void *arg)
{
	struct mvm_stat *st = arg;
	long err;

	if (!r->mnt || r->file)
		return do_stat(r, arg);
	err = host_stat(r->handle, r->rel, r->rel_len, r->slow, st);
	r->link = !err && r->unsure && S_ISLNK(st->mode);
	return err;
}

static long stat_fd(u64 fd, struct mvm_stat *st)
{
	struct file *f = (int)fd == AT_FDCWD ? cwd_file() : fd_peek(fd);

	return f ? f->ops->stat(f, st) : -EBADF;
}

/* The attributes of dfd/path; AT_EMPTY_PATH: of dfd. */
static long stat_at(u64 dfd, u64 path, u32 flags, struct mvm_stat *st)
{
	char first;

	if (flags & AT_EMPTY_PATH) {
		if (get_user(first, path))
			return -EFAULT;
		if (!first)
			return stat_fd(dfd, st);
	}
	if (flags & AT_SYMLINK_NOFOLLOW)
		return at_path(dfd, path, 0, do_stat, st);
	return at_path(dfd, path, W_FOLLOW | W_MAGIC | W_LATER, do_stat_follow, st);
}

static long stat_out(u64 ust, const struct mvm_stat *s)
{
	struct stat st = {
		.st_dev = s->dev, .st_ino = s->ino, .st_nlink = s->nlink, .st_mode = s->mode,
		.st_uid = s->uid, .st_gid = s->gid, .st_rdev = s->rdev, .st_size = s->size,
		.st_blksize = s->blksize, .st_blocks = s->blocks,
		.st_atime = s->atime_sec, .st_atime_nsec = s->atime_nsec,
		.st_mtime = s->mtime_sec, .st_mtime_nsec = s->mtime_nsec,
		.st_ctime = s->ctime_sec, .st_ctime_nsec = s->ctime_nsec,
	};

	return copy_to_user(ust, &st, sizeof(st));
}

long sys_newfstatat(u64 dfd, u64 path, u64 ust, u64 flags)
{
	struct mvm_stat st;
	long err;

	/* When it is asked of a server does not matter here, as in Linux's own file systems. */
	if ((u32)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
			   AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_at(dfd, path, flags, &st);
	return err ? err : stat_out(ust, &st);
}

long sys_stat(u64 path, u64 ust)
{
	return sys_newfstatat(AT_FDCWD, path, ust, 0);
}

long sys_lstat(u64 path, u64 ust)
{
	return sys_newfstatat(AT_FDCWD, path, ust, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(u64 fd, u64 ust)
{
	struct file *f = fd_peek(fd);
	struct mvm_stat st;
	long err = f ? f->ops->stat(f, &st) : -EBADF;

	return err ? err : stat_out(ust, &st);
}

static struct statx_timestamp stamp(s64 sec, u32 nsec)
{
	return (struct statx_timestamp){ .tv_sec = sec, .tv_nsec = nsec };
}

long sys_statx(u64 dfd, u64 path, u64 flags, u64 mask, u64 ustx)
{
	struct mvm_stat s;
	struct statx x;
	long err;

	if ((u32)mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (u32)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
			   AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_at(dfd, path, flags, &s);
	if (err)
		return err;
	x = (struct statx){
		.stx_mask = STATX_BASIC_STATS, .stx_blksize = s.blksize, .stx_nlink = s.nlink,
		.stx_uid = s.uid, .stx_gid = s.gid, .stx_mode = s.mode, .stx_ino = s.ino,
		.stx_size = s.size, .stx_blocks = s.blocks,
		.stx_atime = stamp(s.atime_sec, s.atime_nsec),
		.stx_mtime = stamp(s.mtime_sec, s.mtime_nsec),
		.stx_ctime = stamp(s.ctime_sec, s.ctime_nsec),
		.stx_rdev_major = dev_major(s.rdev), .stx_rdev_minor = dev_minor(s.rdev),
		.stx_dev_major = dev_major(s.dev), .stx_dev_minor = dev_minor(s.dev),
	};
	return copy_to_user(ustx, &x, sizeof(x));
}

/* ---- access(2): as root, everything but executing what nobody may execute ---- */

#define X_OK	1U
#define W_OK	2U
#define R_OK	4U

struct access_arg { u32 mode; bool nofollow; };

static long do_access(struct name *r, void *arg)
{
	struct access_arg *a = arg;
	struct mvm_stat st;
	long err = a->nofollow ? do_stat(r, &st) : do_stat_follow(r, &st);
	u32 rights;

	if (err)
		return err;
	if (a->mode & X_OK && !S_ISDIR(st.mode) && !(st.mode & 0111))
		return -EACCES;
	if (r->mnt) {
		rights = r->mnt->rights;
		if (a->mode & W_OK && !(rights & (MVM_RIGHT_WRITE | MVM_RIGHT_CREATE)))
			return -EROFS;
	}
	return 0;
}

long sys_faccessat2(u64 dfd, u64 path, u64 mode, u64 flags)
{
	struct access_arg a = { .mode = mode, .nofollow = flags & AT_SYMLINK_NOFOLLOW };
	struct mvm_stat st;
	char first;
	long err;

	if (a.mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if ((u32)flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (get_user(first, path))
			return -EFAULT;
		if (!first) {
			err = stat_fd(dfd, &st);
			if (!err && a.mode & X_OK && !S_ISDIR(st.mode) && !(st.mode & 0111))
				err = -EACCES;
			return err;
		}
	}
	return at_path(dfd, path, a.nofollow ? 0 : W_FOLLOW | W_MAGIC, do_access, &a);
}

long sys_faccessat(u64 dfd, u64 path, u64 mode)
{
	return sys_faccessat2(dfd, path, mode, 0);
}

long sys_access(u64 path, u64 mode)
{
	return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

/* ---- statfs ---- */

static long statfs_out(u64 ubuf, const struct mvm_statfs *s)
{
	struct statfs b = {
		.f_type = s->type, .f_bsize = s->bsize, .f_blocks = s->blocks,
		.f_bfree = s->bfree, .f_bavail = s->bavail, .f_files = s->files,
		.f_ffree = s->ffree, .f_namelen = s->namelen, .f_frsize = s->frsize,
		.f_flags = s->flags,
	};

	return copy_to_user(ubuf, &b, sizeof(b));
}

static long do_statfs(struct name *r, void *arg)
{
	struct mvm_stat st;
	long err;

	if (r->file)
		return r->file->ops->statfs(r->file, arg);
	if (r->mnt) {
		err = host_stat(r->handle, r->rel, r->rel_len, r->slow, &st);
		return err ? err : host_statfs(r->mnt->handle, arg);
	}
	ram_statfs(r->node->fs, arg);
	return 0;
}

long sys_statfs(u64 path, u64 ubuf)
{
	struct mvm_statfs s;
	long err = at_path(AT_FDCWD, path, W_FOLLOW | W_MAGIC, do_statfs, &s);

	return err ? err : statfs_out(ubuf, &s);
}

long sys_fstatfs(u64 fd, u64 ubuf)
{
	struct file *f = fd_peek(fd);
	struct mvm_statfs s;
	long err = f ? f->ops->statfs(f, &s) : -EBADF;

	return err ? err : statfs_out(ubuf, &s);
}
