/* SPDX-License-Identifier: MIT */
/* Reading the contents of unpacked files out of the archive.  See archive.h. */
#include "fs/archive.h"
#include "fs/host.h"
#include "fs/lower.h"

static struct file archive = { .handle = -1 };

static long at(const struct node *n, struct io *io, u64 off)
{
	if (IS_ENABLED(CONFIG_ROOT) && n->lower)
		return lower_read(n, io, off);
	off += n->archive_off;
	return host_transfer(&archive, io, MVM_OP_READ, &off, false);
}

long archive_read(const struct node *n, struct io *io, u64 pos, u64 len)
{
	u64 left = io->left, part = MIN(MIN(len, left), n->archive_len - pos);
	long got;

	io->left = part;
	got = at(n, io, pos);
	io->left = left - (part - io->left);
	return got ? got : -EIO;
}

int archive_page(const struct node *n, u64 pos, void *page)
{
	u64 part = MIN(MVM_PAGE_SIZE, n->archive_len - pos);
	struct io io;

	memset((char *)page + part, 0, MVM_PAGE_SIZE - part);
	io_kernel(&io, page, part);
	return at(n, &io, pos) == (long)part ? 0 : -EIO;
}

s32 archive_handle(void)
{
	return archive.handle;
}

long archive_bytes(s32 handle, void *buf, u64 n, u64 off)
{
	struct io io;

	archive.handle = handle;
	io_kernel(&io, buf, n);
	return host_transfer(&archive, &io, MVM_OP_READ, &off, false);
}
