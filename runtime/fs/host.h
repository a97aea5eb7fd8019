/* SPDX-License-Identifier: MIT */
/* What the files of the grants share: hostfs.c, hostfile.c, hostdir.c, stream.c. */
#ifndef MVM_RT_FS_HOST_H
#define MVM_RT_FS_HOST_H

#include "fs/vfs.h"

extern const struct file_ops host_dir_ops, host_link_ops;

/*
 * Around a rename below m: before it, is anything open that it could move?  If so, after it has
 * succeeded the paths of what is open are put right.
 */
bool host_before_rename(const struct mount *m);
void host_after_rename(const struct name *a, const struct name *b, bool exchange);

/*
 * Reads (op MVM_OP_READ) or writes straight between the host and the program's memory.
 * pos NULL: at the host's own position (MVM_OFF_CURRENT).  append: at the end.
 * Bytes; fewer than asked at the end of the file, or where memory turns bad.
 */
long host_transfer(struct file *f, struct io *io, u16 op, u64 *pos, bool append);
/* One request of the kind, as much as fits into it: *covered bytes were asked for. */
long host_transfer_once(struct file *f, struct io *io, u16 op, u64 *pos, bool append,
			u64 *covered);

/*
 * The buffers of a request for what is left of io: addr, len and flags of *e; iov (of MVM_IOV_MAX)
 * must live until it is done.  write: the host writes to them.  As io_pieces().
 */
long host_buffers(struct mvm_sqe *e, const struct io *io, bool write, struct mvm_iov *iov,
		  u64 *covered);

/* cover.c: what the tree has at path shows instead of parent's.  path stays. */
void cover_with(struct mount *parent, const char *path);
/* The covers of a grant that is the root. */
void cover_root(struct mount *root);
/* Asked when the walk meets m: does it cover?  If not, it is gone. */
bool cover_stands(struct mount *m);
/* The directory of the tree in which m stands; a reference, NULL: out of memory. */
struct node *cover_dir(const struct mount *m);

/*
 * How long what the host has said may count where nothing was asked since, in TSC ticks: some
 * milliseconds, which is how coarse the times of files are.
 */
#define HOST_FRESH_TICKS	10000000UL
/* f has just been opened, and this is what it is. */
void host_file_opened(const struct file *f, const struct mvm_stat *st);
/* Is that still known of its size: has nothing been heard since? */
bool host_file_size(const struct file *f, u64 *size);

long host_file_stat(struct file *f, struct mvm_stat *st);
long host_file_setattr(struct file *f, const struct mvm_setattr *a);
long host_file_statfs(struct file *f, struct mvm_statfs *s);
long host_file_truncate(struct file *f, u64 size);
long host_file_fallocate(struct file *f, u32 mode, u64 off, u64 len);
long host_file_fsync(struct file *f, bool data);
void host_file_release(struct file *f);

#endif
