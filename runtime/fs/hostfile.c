/* SPDX-License-Identifier: MIT */
/* Open regular files of the host: bytes go straight into and out of the program's memory. */
#include "fs/vfs.h"
#include "fs/host.h"
#include "sched/record.h"
#include "sys/clock.h"
#include <linux/fs.h>

long host_buffers(struct mvm_sqe *e, const struct io *io, bool write, struct mvm_iov *iov,
		  u64 *covered)
{
	int n = io_pieces(io, write, iov, MVM_IOV_MAX, covered);

	if (n == 1) {
		e->addr = iov[0].addr;
		e->len = iov[0].len;
	} else if (n > 1) {
		e->addr.v = va_to_gpa(iov);
		e->len = n;
		e->flags = MVM_SQE_IOV;
	}
	return n;
}

long host_transfer_once(struct file *f, struct io *io, u16 op, u64 *pos, bool append,
			u64 *covered)
{
	struct mvm_iov iov[MVM_IOV_MAX];
	struct mvm_sqe e = { .op = op, .handle = f->handle, .arg = append,
			     .off = pos ? *pos : MVM_OFF_CURRENT };
	u64 out[2];
	long n, res;

	n = host_buffers(&e, io, op == MVM_OP_READ, iov, covered);
	if (n <= 0)
		return n;
	res = hyper(&e, out);
	if (res > 0) {
		io_advance(io, res);
		if (pos)
			*pos = append ? out[0] : *pos + res;
	}
	return res;
}

/* One request nearly always; more when the memory lies in more than MVM_IOV_MAX pieces. */
long host_transfer(struct file *f, struct io *io, u16 op, u64 *pos, bool append)
{
	u64 done = 0, covered;
	long res;

	do {
		res = host_transfer_once(f, io, op, pos, append, &covered);
		if (res <= 0)
			break;
		done += res;
	} while (io->left && (u64)res == covered);
	return done ? (long)done : res;
}

static long file_read(struct file *f, struct io *io, u64 *pos)
{
	if ((s64)*pos < 0)
		return -EINVAL;
	return host_transfer(f, io, MVM_OP_READ, pos, false);
}

static long file_write(struct file *f, struct io *io, u64 *pos)
{
	return host_transfer(f, io, MVM_OP_WRITE, pos, f->flags & O_APPEND);
}

static long file_seek(struct file *f, s64 off, int whence)
{
	struct mvm_sqe e = { .op = MVM_OP_SEEK, .handle = f->handle, .off = off,
			     .arg = (u32)whence };
	struct mvm_stat st;
	long res;

	if (whence == SEEK_SET || whence == SEEK_CUR)
		return seek_generic(f, off, whence, 0);
	if (whence == SEEK_END) {
		res = host_file_stat(f, &st);
		return res ? res : seek_generic(f, off, whence, st.size);
	}
	res = hyper(&e, NULL);
	if (res >= 0)
		f->off = res;
	return res;
}

/*
 * What was opened last, as the answer said that it is.  Most programs ask just that next; it counts
 * until anything else is asked of the host, for some milliseconds at most.
 */
static struct {
	struct mvm_stat st;
	u64 at, heard;			/* TSC, hyper_heard */
	u32 mark;			/* hyper_mark() */
	s32 handle;
} opened;

static bool just_opened(const struct file *f)
{
	return opened.at && f->handle == opened.handle && !run_recorded() &&
	       clock_ticks() - opened.at < HOST_FRESH_TICKS;
}

void host_file_opened(const struct file *f, const struct mvm_stat *st)
{
	opened.st = *st;
	opened.at = clock_ticks();
	opened.mark = hyper_mark();
	opened.heard = hyper_heard;
	opened.handle = f->handle;
}

bool host_file_size(const struct file *f, u64 *size)
{
	*size = opened.st.size;
	return just_opened(f) && hyper_heard == opened.heard;
}

long host_file_stat(struct file *f, struct mvm_stat *st)
{
	if (just_opened(f) && hyper_mark() == opened.mark) {
		*st = opened.st;
		return 0;
	}
	return host_stat(f->handle, "", 0, false, st);
}

long host_file_setattr(struct file *f, const struct mvm_setattr *a)
{
	return host_setattr(f->handle, "", 0, false, a);
}

long host_file_statfs(struct file *f, struct mvm_statfs *s)
{
	return host_statfs(f->handle, s);
}

long host_file_truncate(struct file *f, u64 size)
{
	struct mvm_sqe e = { .op = MVM_OP_FTRUNCATE, .handle = f->handle, .off = size };

	return hyper(&e, NULL);
}

long host_file_fallocate(struct file *f, u32 mode, u64 off, u64 len)
{
	struct mvm_sqe e = { .op = MVM_OP_FALLOCATE, .handle = f->handle, .off = off,
			     .len2 = len, .arg = mode };

	return hyper(&e, NULL);
}

long host_file_fsync(struct file *f, bool data)
{
	struct mvm_sqe e = { .op = MVM_OP_FSYNC, .handle = f->handle, .arg = data };

	return hyper(&e, NULL);
}

void (*host_file_released)(struct file *f);

void host_file_release(struct file *f)
{
	if (f->ops == &host_file_ops && f->priv)
		host_file_released(f);
	else if (f->handle >= 0 && (can_write(f) || f->locked))
		host_close(f->handle);
	else if (f->handle >= 0)
		host_close_later(f->handle);
}

const struct file_ops host_file_ops = {
	.flags = FO_SEEK | FO_MAP, .read = file_read, .write = file_write, .seek = file_seek,
	.poll = poll_always, .ioctl = ioctl_enotty, .stat = host_file_stat,
	.setattr = host_file_setattr, .statfs = host_file_statfs,
	.truncate = host_file_truncate, .fallocate = host_file_fallocate,
	.fsync = host_file_fsync, .release = host_file_release,
};

/* O_PATH | O_NOFOLLOW on a symbolic link. */
const struct file_ops host_link_ops = {
	.seek = seek_espipe, .stat = host_file_stat, .statfs = host_file_statfs,
	.release = host_file_release,
};
