/* SPDX-License-Identifier: MIT */
/*
 * Open files: their life, what they have in common, and what mm/ needs of them.  Numbers for
 * them are fdtable.c's.
 */
#include "fs/archive.h"
#include "fs/notify.h"
#include <linux/fs.h>
#include <asm/mman.h>
#include <asm/poll.h>

struct file *file_new(u32 flags)
{
	struct file *f = kzalloc(sizeof(*f));

	if (f) {
		f->refs = 1;
		f->flags = flags;
		f->handle = -1;
	}
	return f;
}

long anon_fd(const struct file_ops *ops, void *priv, u32 flags)
{
	struct file *f = priv ? file_new(flags & ~(u32)O_CLOEXEC) : NULL;
	long fd = -ENOMEM;

	if (f)
		f->node = node_new(0600);
	if (f && f->node)
		fd = fd_install(f, 0, flags & O_CLOEXEC);
	if (fd < 0) {
		file_put(f);
		kfree(priv);
		return fd;
	}
	f->ops = ops;
	f->priv = priv;
	return fd;
}

void file_ref(struct file *f)
{
	f->refs++;
}

void file_put(struct file *f)
{
	if (!f || --f->refs)
		return;
	if (f->ops)
		notify_file(f, can_write(f) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	lock_file_released(f);
	if (IS_ENABLED(CONFIG_EPOLL) && f->watched)
		epoll_file_released(f);
	if (f->ops && f->ops->release)
		f->ops->release(f);
	node_put(f->node);
	kfree(f->rel);
	kfree(f);
}

/* ---- the usual answers ---- */

long seek_espipe(struct file *f, s64 off, int whence)
{
	(void)f, (void)off, (void)whence;
	return -ESPIPE;
}

long seek_nowhere(struct file *f, s64 off, int whence)
{
	(void)f, (void)off, (void)whence;
	return 0;
}

/* lseek over a file of this size; SEEK_DATA and SEEK_HOLE for one without holes. */
long seek_generic(struct file *f, s64 off, int whence, u64 size)
{
	s64 base = 0, to;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = f->off;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (off < 0 || (u64)off >= size)
			return -ENXIO;
		if (whence == SEEK_HOLE)
			off = size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, off, &to))
		return -EINVAL;
	if (to < 0)
		return -EINVAL;
	f->off = to;
	return to;
}

long ioctl_enotty(struct file *f, u32 cmd, u64 arg)
{
	(void)f, (void)cmd, (void)arg;
	return -ENOTTY;
}

u32 poll_always(struct file *f, struct waitq **q)
{
	(void)f, (void)q;
	return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

long node_file_stat(struct file *f, struct mvm_stat *st)
{
	node_stat(f->node, st);
	return 0;
}

long node_file_setattr(struct file *f, const struct mvm_setattr *a)
{
	return node_setattr(f->node, a);
}

long node_file_statfs(struct file *f, struct mvm_statfs *s)
{
	ram_statfs(f->node->fs, s);
	return 0;
}

long fsync_nothing(struct file *f, bool data)
{
	(void)f, (void)data;
	return 0;
}

/* ---- for mm/ ---- */

long file_pread(struct file *f, void *buf, size_t n, u64 off)
{
	struct io io;

	if (!(f->ops->flags & FO_SEEK) || !f->ops->read)
		return -ESPIPE;
	io_kernel(&io, buf, n);
	return f->ops->read(f, &io, &off);
}

long file_pwrite(struct file *f, const void *buf, size_t n, u64 off)
{
	u32 flags = f->flags;
	struct io io;
	long res;

	if (!(f->ops->flags & FO_SEEK) || !f->ops->write)
		return -ESPIPE;
	io_kernel(&io, buf, n);
	f->flags &= ~O_APPEND;		/* a mapping's page has its place */
	res = f->ops->write(f, &io, &off);
	f->flags = flags;
	return res;
}

int file_can_map(struct file *f, u32 prot, bool shared)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if (!can_read(f) || (shared && prot & PROT_WRITE && !can_write(f)))
		return -EACCES;
	if (!(f->ops->flags & FO_MAP))
		return -ENODEV;
	if (f->node && shared && prot & PROT_WRITE && f->node->seals & F_SEAL_WRITE)
		return -EPERM;
	return 0;
}

void file_identity(struct file *f, u64 *dev, u64 *ino)
{
	file_dev_ino(f, dev, ino);
}

bool file_outside(struct file *f, s32 *handle, u64 *off)
{
	*handle = f->handle;
	*off = 0;
	if (f->node && archived(f->node, 0)) {
		*handle = archive_handle();
		*off = f->node->archive_off;
	}
	return *handle >= 0;
}

void file_dev_ino(struct file *f, u64 *dev, u64 *ino)
{
	struct mvm_stat st;

	*dev = f->dev;
	*ino = f->ino;
	if (f->node) {
		*dev = f->node->fs->dev;
		*ino = f->node->ino;
	} else if (!f->ino && f->ops->stat && !f->ops->stat(f, &st)) {
		*dev = f->dev = st.dev;
		*ino = f->ino = st.ino;
	}
}
