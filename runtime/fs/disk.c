/* SPDX-License-Identifier: MIT */
/*
 * The disks of --disk: block devices, but with their size in st_size, because programs that take
 * a file look for it there.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include <linux/fs.h>

#define DISK_MAJOR	254		/* of the numbers for local use */

static long disk_read(struct file *f, struct io *io, u64 *pos)
{
	return host_transfer(f, io, MVM_OP_READ, pos, false);
}

static long disk_write(struct file *f, struct io *io, u64 *pos)
{
	u64 size = f->node->size;

	if (!io->left)
		return 0;
	if (*pos >= size)
		return -ENOSPC;
	io->left = MIN(io->left, size - *pos);
	io->len = MIN(io->len, io->left);
	return host_transfer(f, io, MVM_OP_WRITE, pos, false);
}

static long disk_seek(struct file *f, s64 off, int whence)
{
	return seek_generic(f, off, whence, f->node->size);
}

static long disk_ioctl(struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case BLKGETSIZE64:
		return put_user((u64)f->node->size, arg);
	case BLKGETSIZE:
		return put_user((u64)f->node->size / 512, arg);
	case BLKSSZGET:
		return put_user((int)512, arg);
	case BLKBSZGET:
		return put_user((int)MVM_PAGE_SIZE, arg);
	case BLKROGET:
		return put_user((int)!(f->rights & MVM_RIGHT_WRITE), arg);
	default:
		return -ENOTTY;
	}
}

static long disk_fsync(struct file *f, bool data)
{
	return host_file_fsync(f, data);
}

static const struct file_ops disk_ops = {
	.flags = FO_SEEK | FO_MAP, .read = disk_read, .write = disk_write, .seek = disk_seek,
	.poll = poll_always, .ioctl = disk_ioctl, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .fsync = disk_fsync,
};

static int disk_open(struct node *n, struct file *f)
{
	const struct mvm_grant *g = (const struct mvm_grant *)n->data;

	if (can_write(f) && !(g->rights & MVM_RIGHT_WRITE))
		return -EROFS;
	f->handle = g->handle;		/* the grant's own: never closed */
	f->kind = g->kind;
	f->rights = g->rights;
	f->ops = &disk_ops;
	return 0;
}

static const struct node_ops disk_node = { .open = disk_open };

void disk_init(void)
{
	const struct mvm_grant *g = (const void *)((const char *)boot + boot->grants_off);
	u32 minor = 0;

	for (u32 i = 0; i < boot->ngrants; i++) {
		const char *path = (const char *)boot + g[i].path_off;
		struct node *n;

		if (g[i].kind != MVM_KIND_DISK || !g[i].path_off)
			continue;
		n = tree_add(path, S_IFBLK | 0660, NULL);
		n->ops = &disk_node;
		n->rdev = (u64)DISK_MAJOR << 8 | minor++;
		n->size = g[i].size;
		n->data = (u64)&g[i];
	}
}
