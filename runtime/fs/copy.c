/* SPDX-License-Identifier: MIT */
/* Bytes from file to file inside the kernel's stead: sendfile, copy_file_range. */
#include "fs/notify.h"
#include "fs/vfs.h"
#include "fs/syscalls.h"

#define CHUNK_PAGES	16U
#define CHUNK		(CHUNK_PAGES * MVM_PAGE_SIZE)

/* Copies n bytes; positions are advanced by what arrived.  Bytes, or -errno for none. */
static long copy(struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, u64 n)
{
	char *buf = pages_alloc(CHUNK_PAGES, false);
	u64 done = 0;
	long res = 0;

	if (!buf)
		return -ENOMEM;
	file_ref(in);
	file_ref(out);
	while (done < n) {
		u64 from = *in_pos;
		struct io io;
		long got;

		io_kernel(&io, buf, MIN(n - done, CHUNK));
		got = file_read_at(in, &io, in_pos);
		if (got <= 0) {
			res = got;
			break;
		}
		io_kernel(&io, buf, got);
		res = file_write_at(out, &io, out_pos);
		if (res < got && in->ops->flags & FO_SEEK)
			*in_pos = from + MAX(res, 0);
		if (res > 0)
			done += res;
		if (res < got)
			break;
	}
	pages_free(buf, CHUNK_PAGES);
	file_put(in);
	file_put(out);
	return done ? (long)done : res;
}

/* What the host can move by itself it does, where both ends are its own. */
static long send_or_copy(struct file *in, u64 *pos, struct file *out, u64 n)
{
	u64 from = *pos;
	long res;

	if (!out->ops->send || in->ops != &host_file_ops || !n)
		return copy(in, pos, out, &out->off, n);
	file_ref(in);
	file_ref(out);
	mm_file_sync(in, from, n);
	res = out->ops->send(out, in, pos, n);
	if (res > 0)
		notify_file(in, IN_ACCESS);
	if (res == -EINVAL)
		res = copy(in, pos, out, &out->off, n);
	file_put(in);
	file_put(out);
	return res;
}

long sys_sendfile(u64 ofd, u64 ifd, u64 uoff, u64 n)
{
	struct file *in = fd_file(ifd), *out = fd_file(ofd);
	u64 pos;
	long res;

	if (uoff && get_user(pos, uoff))
		return -EFAULT;
	if (!in || !can_read(in))
		return -EBADF;
	if (uoff && in->ops->flags & FO_STREAM)
		return -ESPIPE;
	if (!out || !can_write(out))
		return -EBADF;
	if (!in->ops->read || !out->ops->write || !(in->ops->flags & FO_SEEK) ||
	    out->flags & O_APPEND || (s64)n < 0 || (uoff && (s64)pos < 0))
		return -EINVAL;
	if (uoff && (s64)(pos + n) < 0)
		return -EINVAL;
	res = send_or_copy(in, uoff ? &pos : &in->off, out, MIN(n, MVM_IO_MAX));
	if (uoff && put_user(pos, uoff))
		return -EFAULT;
	return res;
}

/* Is it a regular file?  0 and its size, -EISDIR, -EINVAL. */
static long regular(struct file *f, u64 *size)
{
	struct mvm_stat st;
	long err = f->ops->stat(f, &st);

	if (err)
		return err;
	*size = st.size;
	return S_ISREG(st.mode) && f->ops->read && f->ops->write ? 0 :
	       S_ISDIR(st.mode) ? -EISDIR : -EINVAL;
}

static bool overlap(struct file *a, u64 apos, struct file *b, u64 bpos, u64 n)
{
	u64 adev, aino, bdev, bino;

	file_dev_ino(a, &adev, &aino);
	file_dev_ino(b, &bdev, &bino);
	return adev == bdev && aino == bino && apos < bpos + n && bpos < apos + n;
}

long sys_copy_file_range(u64 ifd, u64 uin, u64 ofd, u64 uout, u64 n, u64 flags)
{
	struct file *in = fd_file(ifd), *out = fd_file(ofd);
	u64 in_pos, out_pos, size;
	long res, out_res;

	if (!in || !out)
		return -EBADF;
	in_pos = in->off;
	out_pos = out->off;
	if ((uin && get_user(in_pos, uin)) || (uout && get_user(out_pos, uout)))
		return -EFAULT;
	if ((u32)flags)
		return -EINVAL;
	out_res = regular(out, &size);
	res = regular(in, &size);
	if (res == -EISDIR || out_res == -EISDIR)
		return -EISDIR;
	if (res || out_res)
		return res ? res : out_res;
	if (!can_read(in) || !can_write(out) || out->flags & O_APPEND)
		return -EBADF;
	n = MIN(n, MVM_IO_MAX);
	if ((s64)in_pos < 0 || (s64)out_pos < 0)
		return -EINVAL;
	n = MIN(n, in_pos < size ? size - in_pos : 0);
	if (overlap(in, in_pos, out, out_pos, n))
		return -EINVAL;
	if (!n)
		return 0;
	res = copy(in, &in_pos, out, &out_pos, n);
	if (res <= 0)
		return res;
	if (!uin)
		in->off = in_pos;
	if (!uout)
		out->off = out_pos;
	if ((uin && put_user(in_pos, uin)) || (uout && put_user(out_pos, uout)))
		return -EFAULT;
	return res;
}
