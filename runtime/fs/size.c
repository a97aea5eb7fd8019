/* SPDX-License-Identifier: MIT */
/* Sizes and durability: truncate, fallocate, the sync family, advice. */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include <linux/falloc.h>
#include <linux/fadvise.h>

static long truncate_file(struct file *f, u64 len)
{
	long res;

	if (!f->ops->truncate)
		return -EINVAL;
	mm_file_sync(f, 0, UINT64_MAX);
	res = f->ops->truncate(f, len);
	mm_file_changed(f, len, UINT64_MAX);
	if (!res)
		notify_file(f, IN_MODIFY);
	return res;
}

long sys_ftruncate(u64 fd, u64 len)
{
	struct file *f = fd_file(fd);

	if ((s64)len < 0)
		return -EINVAL;
	if (!f)
		return -EBADF;
	return can_write(f) ? truncate_file(f, len) : -EINVAL;
}

static long do_truncate(struct name *r, void *arg)
{
	u64 len = *(u64 *)arg;
	struct file *f;
	long err;

	if (r->file)
		return truncate_file(r->file, len);
	if (!r->mnt) {
		if (is_dir(r->node))
			return -EISDIR;
		if (!S_ISREG(r->node->mode))
			return -EINVAL;
		if (r->node->ops)
			return -EACCES;
		err = ram_truncate(r->node, len);
		if (!err) {
			node_now(r->node, MVM_SET_MTIME);
			notify_name(r, IN_MODIFY);
		}
		return err;
	}
	f = file_new(O_WRONLY);
	if (!f)
		return -ENOMEM;
	err = host_open(r, O_WRONLY | O_NONBLOCK, 0, f);
	if (!err)
		err = truncate_file(f, len);
	file_put(f);
	return err;
}

long sys_truncate(u64 path, u64 len)
{
	if ((s64)len < 0)
		return -EINVAL;
	return at_path(AT_FDCWD, path, W_FOLLOW | W_MAGIC, do_truncate, &len);
}

/* S_IFREG and so on: what f has open; 0 when that cannot be told. */
static u32 type_of(struct file *f)
{
	struct mvm_stat st;

	return f->ops->stat && !f->ops->stat(f, &st) ? st.mode & S_IFMT : 0;
}

long sys_fallocate(u64 fd, u64 mode64, u64 off, u64 len)
{
	struct file *f = fd_file(fd);
	u32 mode = mode64;

	if (!f)
		return -EBADF;
	if ((s64)off < 0 || (s64)len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE) ||
	    mode == FALLOC_FL_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if (!can_write(f))
		return -EBADF;
	if (!f->ops->fallocate)
		return type_of(f) == S_IFIFO ? -ESPIPE : type_of(f) == S_IFDIR ? -EISDIR : -ENODEV;
	if ((s64)(off + len) < 0)
		return -EFBIG;
	return f->ops->fallocate(f, mode, off, len);
}

static long sync_fd(u64 fd, bool data)
{
	struct file *f = fd_file(fd);

	if (!f)
		return -EBADF;
	return f->ops->fsync ? f->ops->fsync(f, data) : -EINVAL;
}

long sys_fsync(u64 fd)
{
	return sync_fd(fd, false);
}

long sys_fdatasync(u64 fd)
{
	return sync_fd(fd, true);
}

/* Durability is per file: sync() of a whole host is not the guest's to ask for. */
long sys_sync(void)
{
	for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
		struct file *f = fd_file(fd);

		if (f && f->mnt && f->kind == MVM_KIND_FILE && can_write(f))
			f->ops->fsync(f, false);
	}
	return 0;
}

long sys_syncfs(u64 fd)
{
	return fd_file(fd) ? sys_sync() : -EBADF;
}

long sys_sync_file_range(u64 fd, u64 off, u64 len, u64 flags)
{
	struct file *f = fd_file(fd);
	u32 type;

	if (!f)
		return -EBADF;
	if ((s64)off < 0 || (s64)(off + len) < 0 || (u32)flags & ~7U)
		return -EINVAL;
	type = type_of(f);
	return type == S_IFREG || type == S_IFDIR || type == S_IFBLK ? 0 : -ESPIPE;
}

long sys_fadvise64(u64 fd, u64 off, u64 len, u64 advice)
{
	struct file *f = fd_file(fd);

	(void)off;
	if (!f)
		return -EBADF;
	if (f->ops->flags & FO_STREAM)
		return -ESPIPE;
	return (s64)len < 0 || (u32)advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}

long sys_readahead(u64 fd, u64 off, u64 n)
{
	struct file *f = fd_file(fd);
	u32 type;

	(void)off, (void)n;
	if (!f || !can_read(f))
		return -EBADF;
	type = type_of(f);
	return type == S_IFREG || type == S_IFBLK ? 0 : -EINVAL;
}
