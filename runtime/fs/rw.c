/* SPDX-License-Identifier: MIT */
/* Moving bytes: read, write and their relatives with positions and vectors; lseek. */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include "mm/space.h"
#include <linux/fs.h>

long file_read_at(struct file *f, struct io *io, u64 *pos)
{
	long res;

	if (!can_read(f) || !f->ops->read)
		return can_read(f) ? -EINVAL : -EBADF;
	mm_file_sync(f, *pos, io->left);
	res = f->ops->read(f, io, pos);
	if (res > 0)
		notify_file(f, IN_ACCESS);
	return res;
}

long file_write_at(struct file *f, struct io *io, u64 *pos)
{
	long res;

	if (!can_write(f) || !f->ops->write)
		return can_write(f) ? -EINVAL : -EBADF;
	mm_file_sync(f, *pos, io->left);
	res = f->ops->write(f, io, pos);
	if (res > 0) {
		mm_file_changed(f, *pos - (u64)res, (u64)res);
		notify_file(f, IN_MODIFY);
	}
	return res;
}

typedef long (*move_fn)(struct file *f, struct io *io, u64 *pos);

/* A file for positioned access: -ESPIPE for streams, -EINVAL for a negative position. */
static long check_pos(struct file *f, u64 off)
{
	if ((s64)off < 0)
		return -EINVAL;
	if (!f)
		return -EBADF;
	return f->ops->flags & FO_SEEK || f->kind == MVM_KIND_DIR || (f->node && is_dir(f->node)) ?
	       0 : -ESPIPE;
}

/*
 * For a length that memory or the positions of a file do not have: err, unless moving nothing
 * already shows another error, which Linux finds first.
 */
static long refuse(struct file *f, u64 buf, move_fn at, u64 *pos, long err)
{
	struct io io;
	long res;

	io_user(&io, buf, 0);
	res = at(f, &io, pos);
	return res < 0 ? res : err;
}

/* At the file's own position. */
static inline long move(u64 fd, u64 buf, u64 n, move_fn at)
{
	struct file *f = fd_file(fd);
	struct io io;
	long res;

	if (unlikely(!f))
		return -EBADF;
	if (unlikely(n > MVM_IO_MAX && !space_user(buf, n)))
		return refuse(f, buf, at, &f->off, -EFAULT);
	io_user(&io, buf, MIN(n, MVM_IO_MAX));
	/* Another thread may close it while this one sleeps. */
	file_ref(f);
	res = at(f, &io, &f->off);
	file_put(f);
	return res;
}

static inline long move_pos(u64 fd, u64 buf, u64 n, u64 off, move_fn at)
{
	struct file *f = fd_file(fd);
	long err = check_pos(f, off);
	struct io io;

	if (unlikely(err))
		return err;
	if (unlikely(n > MVM_IO_MAX && !space_user(buf, n)))
		return refuse(f, buf, at, &off, -EFAULT);
	if (unlikely((s64)(off + n) < 0))
		return refuse(f, buf, at, &off, -EINVAL);
	io_user(&io, buf, MIN(n, MVM_IO_MAX));
	return at(f, &io, &off);
}

long sys_read(u64 fd, u64 buf, u64 n)
{
	return move(fd, buf, n, file_read_at);
}

long sys_write(u64 fd, u64 buf, u64 n)
{
	return move(fd, buf, n, file_write_at);
}

long sys_pread64(u64 fd, u64 buf, u64 n, u64 off)
{
	return move_pos(fd, buf, n, off, file_read_at);
}

long sys_pwrite64(u64 fd, u64 buf, u64 n, u64 off)
{
	return move_pos(fd, buf, n, off, file_write_at);
}

/*
 * The vector calls.  pos: where, or NULL for the file's own position.
 * Errors: EINVAL for too many segments or a sum beyond SSIZE_MAX; EFAULT.
 */
static long vector(struct file *f, u64 uiov, u64 cnt, bool write, u64 *pos)
{
	struct io_import im;
	struct io io;
	long res;

	if (cnt > IOV_MAX)
		return -EINVAL;
	res = io_import(&im, uiov, cnt);
	if (res < 0)
		return res;
	if (pos && (s64)(*pos + (u64)res) < 0) {
		res = -EINVAL;
	} else if (!res) {
		/* Nothing to move, but it must be a file to move it with. */
		if (write ? !can_write(f) : !can_read(f))
			res = -EBADF;
		else if (write ? !f->ops->write : !f->ops->read)
			res = -EINVAL;
	} else {
		io_vector(&io, im.vec, cnt, res);
		pos = pos ? pos : &f->off;
		file_ref(f);
		res = write ? file_write_at(f, &io, pos) : file_read_at(f, &io, pos);
		file_put(f);
	}
	io_import_done(&im);
	return res;
}

long sys_readv(u64 fd, u64 iov, u64 cnt)
{
	struct file *f = fd_file(fd);

	return f ? vector(f, iov, cnt, false, NULL) : -EBADF;
}

long sys_writev(u64 fd, u64 iov, u64 cnt)
{
	struct file *f = fd_file(fd);

	return f ? vector(f, iov, cnt, true, NULL) : -EBADF;
}

long sys_preadv(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h)
{
	struct file *f = fd_file(fd);
	u64 pos = pos_l;		/* on 64 bits the low word is all of it */
	long err = check_pos(f, pos);

	(void)pos_h;
	return err ? err : vector(f, iov, cnt, false, &pos);
}

long sys_pwritev(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h)
{
	struct file *f = fd_file(fd);
	u64 pos = pos_l;
	long err = check_pos(f, pos);

	(void)pos_h;
	return err ? err : vector(f, iov, cnt, true, &pos);
}

/* RWF_HIPRI, _DSYNC, _SYNC and _NOWAIT are hints or promises that already hold; others not. */
#define RWF_FINE	(RWF_HIPRI)

long sys_preadv2(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h, u64 flags)
{
	if ((u32)flags & ~RWF_FINE)
		return -EOPNOTSUPP;
	return pos_l == UINT64_MAX ? sys_readv(fd, iov, cnt) :
	       sys_preadv(fd, iov, cnt, pos_l, pos_h);
}

long sys_pwritev2(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h, u64 flags)
{
	long res, err;

	if ((u32)flags & ~(RWF_FINE | RWF_DSYNC | RWF_SYNC))
		return -EOPNOTSUPP;
	res = pos_l == UINT64_MAX ? sys_writev(fd, iov, cnt) :
	      sys_pwritev(fd, iov, cnt, pos_l, pos_h);
	if (res > 0 && flags & (RWF_DSYNC | RWF_SYNC)) {
		err = flags & RWF_SYNC ? sys_fsync(fd) : sys_fdatasync(fd);
		if (err)
			return err;
	}
	return res;
}

long sys_lseek(u64 fd, u64 off, u64 whence)
{
	struct file *f = fd_file(fd);

	if (!f)
		return -EBADF;
	if ((u32)whence > SEEK_HOLE)
		return -EINVAL;
	return f->ops->seek ? f->ops->seek(f, off, (u32)whence) : -ESPIPE;
}
