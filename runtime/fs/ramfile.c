/* SPDX-License-Identifier: MIT */
/* The bytes of regular files in the tree: sparse, page by page.  Attributes are node.c's. */
#include "fs/archive.h"
#include "fs/vfs.h"
#include <linux/falloc.h>
#include <linux/fs.h>

#define PAGE		MVM_PAGE_SIZE
#define FILE_MAX	INT64_MAX

u64 ram_pages_used;

static void count(struct node *n, s64 pages)
{
	n->fs->pages += pages;
	ram_pages_used += pages;
}

/* The page with this index, made (zeroed unless it will be overwritten whole) if missing. */
static void *page_make(struct node *n, u64 index, bool zero, int *err)
{
	void **slot;

	if (n->fs->pages >= n->fs->pages_max) {
		void *p = pagemap_get(&n->map, index);

		if (!p)
			*err = -ENOSPC;
		return p;
	}
	slot = pagemap_slot(&n->map, index);
	if (slot && !*slot) {
		void *page = pages_alloc(1, zero);

		if (page && zero && archived(n, index * PAGE) &&
		    archive_page(n, index * PAGE, page)) {
			pages_free(page, 1);
			*err = -EIO;
			return NULL;
		}
		*slot = page;
		if (page) {
			n->map.pages++;
			count(n, 1);
		}
	}
	if (!slot || !*slot) {
		*err = -ENOSPC;
		return NULL;
	}
	return *slot;
}

/* Bytes from pos on that have no page: they come from the archive in one piece. */
static u64 archived_run(const struct node *n, u64 pos)
{
	u64 next = pagemap_next(&n->map, pos / PAGE, true);

	if (next > n->archive_len / PAGE)
		return n->archive_len - pos;
	return MIN(next * PAGE, n->archive_len) - pos;
}

long ram_read(struct node *n, struct io *io, u64 pos)
{
	u64 end, start = pos;
	long got = 0;

	if (pos >= n->size || !io->left)
		return 0;
	end = pos + MIN(io->left, n->size - pos);
	while (pos < end) {
		u64 in = pos % PAGE, part = MIN(PAGE - in, end - pos);
		char *page = pagemap_get(&n->map, pos / PAGE);

		if (page) {
			got = io_put(io, page + in, part);
		} else if (archived(n, pos)) {
			part = MIN(archived_run(n, pos), end - pos);
			got = archive_read(n, io, pos, part);
		} else {
			got = io_zero(io, part);
		}
		if (got > 0)
			pos += got;
		if (got < (long)part)
			break;
	}
	node_atime(n);
	return pos > start ? (long)(pos - start) : got;
}

/* Bytes written, fewer when memory or the program's buffer ends; grows the file. */
long ram_write(struct node *n, struct io *io, u64 pos)
{
	u64 start = pos, end;
	int err = 0;

	if (!io->left)
		return 0;
	if (pos >= FILE_MAX)
		return -EFBIG;
	end = pos + MIN(io->left, FILE_MAX - pos);
	while (pos < end) {
		u64 in = pos % PAGE, part = MIN(PAGE - in, end - pos);
		u64 pages = n->map.pages;
		char *page = page_make(n, pos / PAGE, part < PAGE || archived(n, pos), &err);
		long got;

		if (!page)
			break;
		got = io_get(io, page + in, part);
		if (got > 0)
			pos += got;
		if (got < (long)part) {
			/* A new page was not zeroed when all of it should have been written. */
			if (part == PAGE && n->map.pages > pages && !archived(n, pos))
				memset(page + MAX(got, 0), 0, PAGE - MAX(got, 0));
			err = got < 0 ? got : -EFAULT;
			break;
		}
	}
	if (pos == start)
		return err;
	if (pos > n->size)
		n->size = pos;
	node_now(n, MVM_SET_MTIME);
	return pos - start;
}

/* Brings into memory what is not yet, so that a missing page is a hole again.  0 or -errno. */
static int unarchive(struct node *n)
{
	int err = 0;

	for (u64 pos = 0; archived(n, pos); pos += PAGE)
		if (!page_make(n, pos / PAGE, true, &err))
			return err;
	n->archive_len = 0;
	return 0;
}

/* Pages that hold nothing but zeros from now on, in the byte range [from, to). */
static void punch(struct node *n, u64 from, u64 to)
{
	u64 first = ALIGN_UP(from, PAGE) / PAGE, last = to / PAGE;
	char *page;

	if (from % PAGE) {
		page = pagemap_get(&n->map, from / PAGE);
		if (page)
			memset(page + from % PAGE, 0,
			       MIN(PAGE - from % PAGE, to - from));
	}
	if (to % PAGE && last >= first) {
		page = pagemap_get(&n->map, last);
		if (page)
			memset(page, 0, to % PAGE);
	}
	if (last > first)
		count(n, -(s64)pagemap_free(&n->map, first, last - 1));
}

int ram_truncate(struct node *n, u64 size)
{
	if (size > FILE_MAX)
		return -EINVAL;
	n->archive_len = MIN(n->archive_len, size);
	/* Pages that fallocate put behind the end go too. */
	if (size <= n->size) {
		punch(n, size, ALIGN_UP(size, PAGE));
		count(n, -(s64)pagemap_free(&n->map, ALIGN_UP(size, PAGE) / PAGE, UINT64_MAX));
	}
	n->size = size;
	return 0;
}

long ram_fallocate(struct node *n, u32 mode, u64 off, u64 len)
{
	int err = 0;

	if (mode & FALLOC_FL_PUNCH_HOLE) {
		err = unarchive(n);
		if (err)
			return err;
		if (off < n->size)
			punch(n, off, MIN(off + len, ALIGN_UP(n->size, PAGE)));
		node_now(n, MVM_SET_MTIME);
		return 0;
	}
	if (len / PAGE > n->fs->pages_max - MIN(n->fs->pages, n->fs->pages_max))
		return -ENOSPC;
	for (u64 i = off / PAGE; i <= (off + len - 1) / PAGE; i++)
		if (!page_make(n, i, true, &err))
			return err;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && off + len > n->size)
		n->size = off + len;
	node_now(n, MVM_SET_MTIME);
	return 0;
}

/* ---- as open files ---- */

static long file_read(struct file *f, struct io *io, u64 *pos)
{
	long n = ram_read(f->node, io, *pos);

	if (n > 0)
		*pos += n;
	return n;
}

static long file_write(struct file *f, struct io *io, u64 *pos)
{
	struct node *node = f->node;
	long n;

	if (node->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (f->flags & O_APPEND)
		*pos = node->size;
	if ((node->seals & F_SEAL_GROW) && *pos + io->left > node->size)
		return -EPERM;
	if (node->mode & (S_ISUID | S_ISGID) && boot->uid)
		node->mode &= ~(S_ISUID | (node->mode & S_IXGRP ? S_ISGID : 0U));
	n = ram_write(node, io, *pos);
	if (n > 0)
		*pos += n;
	return n;
}

static long file_seek(struct file *f, s64 off, int whence)
{
	struct node *n = f->node;
	u64 at;

	if ((whence != SEEK_DATA && whence != SEEK_HOLE) || archived(n, 0))
		return seek_generic(f, off, whence, n->size);
	if (off < 0 || (u64)off >= n->size)
		return -ENXIO;
	at = pagemap_next(&n->map, off / PAGE, whence == SEEK_DATA);
	if (at == UINT64_MAX || at >= ALIGN_UP(n->size, PAGE) / PAGE) {
		if (whence == SEEK_DATA)
			return -ENXIO;
		f->off = n->size;
	} else {
		f->off = MAX((u64)off, at * PAGE);
	}
	return f->off;
}

static long file_truncate(struct file *f, u64 size)
{
	struct node *n = f->node;
	int err;

	if ((size < n->size && n->seals & F_SEAL_SHRINK) ||
	    (size > n->size && n->seals & F_SEAL_GROW))
		return -EPERM;
	err = ram_truncate(n, size);
	if (!err)
		node_now(n, MVM_SET_MTIME);
	return err;
}

static long file_fallocate(struct file *f, u32 mode, u64 off, u64 len)
{
	u32 seals = f->node->seals;

	if ((mode & FALLOC_FL_PUNCH_HOLE && seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ||
	    (seals & F_SEAL_GROW && off + len > f->node->size))
		return -EPERM;
	return ram_fallocate(f->node, mode, off, len);
}

const struct file_ops ram_file_ops = {
	.flags = FO_SEEK | FO_MAP, .read = file_read, .write = file_write, .seek = file_seek,
	.poll = poll_always, .ioctl = ioctl_enotty, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .truncate = file_truncate,
	.fallocate = file_fallocate, .fsync = fsync_nothing,
};

static long read_eisdir(struct file *f, struct io *io, u64 *pos)
{
	(void)f, (void)io, (void)pos;
	return -EISDIR;
}

static long dir_file_list(struct file *f, struct sink *s)
{
	int err;

	if (f->node->dir && !f->node->nlink)
		return -ENOENT;
	err = dir_list(f->node, &f->off, s);
	if (!err && f->node->ops && f->node->ops->list)
		err = f->node->ops->list(f->node, &f->off, s);
	node_atime(f->node);
	return err < 0 && !s->used ? err : 0;
}

static long dir_file_seek(struct file *f, s64 off, int whence)
{
	return whence == SEEK_END ? -EINVAL : seek_generic(f, off, whence, 0);
}

const struct file_ops ram_dir_ops = {
	.read = read_eisdir, .seek = dir_file_seek, .poll = poll_always, .ioctl = ioctl_enotty,
	.stat = node_file_stat, .setattr = node_file_setattr, .statfs = node_file_statfs,
	.fsync = fsync_nothing, .list = dir_file_list,
};
