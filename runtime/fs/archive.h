/* SPDX-License-Identifier: MIT */
/*
 * Files of the tree whose contents are still outside of it, in an archive of the host (--root
 * FILE.tar) or a file (lower.h): read from there when they are read, and copied when they are
 * changed.
 */
#ifndef MVM_RT_FS_ARCHIVE_H
#define MVM_RT_FS_ARCHIVE_H

#include "fs/vfs.h"

/* Unpacks the archive, size bytes behind the handle, into the tree.  Returns only if it can. */
void tar_unpack(s32 handle, u64 size);

/* Have bytes at pos never been in memory?  (Those with a page are newer than the archive's.) */
static inline bool archived(const struct node *n, u64 pos)
{
	return IS_ENABLED(CONFIG_ARCHIVE) && pos < n->archive_len;
}

/* Reads at most len bytes from pos on into io.  Bytes, or -EIO where the archive has lost them. */
long archive_read(const struct node *n, struct io *io, u64 pos, u64 len);
/* Fills a page of n, the one at pos, with what the archive has and zeros.  0 or -EIO. */
int archive_page(const struct node *n, u64 pos, void *page);


/* Bytes of the archive itself, for tar.c; from then on files are read from this handle. */
long archive_bytes(s32 handle, void *buf, u64 n, u64 off);
s32 archive_handle(void);

#endif
