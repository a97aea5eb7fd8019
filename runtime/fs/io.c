/* SPDX-License-Identifier: MIT */
/*
 * The caller's side of a read or write: one buffer or a vector of them, in the program's memory
 * or in the runtime's own.  It knows nothing of files.
 */
#include "fs/vfs.h"

static void load(struct io *io)
{
	while (!io->len && io->nvec) {
		io->base = io->vec->base;
		io->len = MIN(io->vec->len, io->left);
		io->vec++;
		io->nvec--;
	}
}

void io_user(struct io *io, u64 buf, u64 len)
{
	*io = (struct io){ .base = buf, .len = len, .left = len };
}

void io_kernel(struct io *io, const void *buf, u64 len)
{
	*io = (struct io){ .base = (u64)buf, .len = len, .left = len, .kernel = true };
}

/* total: bytes to move at most; the vector's own sum or less. */
void io_vector(struct io *io, const struct io_vec *vec, u32 n, u64 total)
{
	*io = (struct io){ .vec = vec, .nvec = n, .left = total };
	load(io);
}

long io_import(struct io_import *im, u64 uiov, u64 cnt)
{
	u64 total = 0;
	long res;

	im->vec = cnt > IOV_FAST ? kmalloc(cnt * sizeof(*im->vec)) : im->fast;
	if (!im->vec)
		return -ENOMEM;
	res = copy_from_user(im->vec, uiov, cnt * sizeof(*im->vec));
	for (u32 i = 0; !res && i < cnt; i++) {
		if ((s64)im->vec[i].len < 0)
			res = -EINVAL;
		else
			total = MIN(total + im->vec[i].len, MVM_IO_MAX);
	}
	if (!res)
		return total;
	io_import_done(im);
	return res;
}

void io_import_done(struct io_import *im)
{
	if (im->vec != im->fast)
		kfree(im->vec);
}

void io_advance(struct io *io, u64 n)
{
	while (n) {
		u64 part = MIN(n, io->len);

		io->base += part;
		io->len -= part;
		io->left -= part;
		n -= part;
		if (!io->len)
			load(io);
	}
	if (!io->len)
		load(io);
}

enum how { PUT, GET, ZERO };

static int move(const struct io *io, enum how how, void *mem, u64 n)
{
	if (io->kernel) {
		if (how == PUT)
			memcpy((void *)io->base, mem, n);
		else if (how == GET)
			memcpy(mem, (void *)io->base, n);
		else
			memset((void *)io->base, 0, n);
		return 0;
	}
	if (how == PUT)
		return copy_to_user(io->base, mem, n);
	if (how == GET)
		return copy_from_user(mem, io->base, n);
	return clear_user(io->base, n);
}

/*
 * A piece that crosses into bad memory moves up to the last whole page before it, as Linux's
 * page-wise copy does.
 */
static long move_all(struct io *io, enum how how, char *mem, u64 n)
{
	u64 done = 0;

	n = MIN(n, io->left);
	while (done < n) {
		u64 part = MIN(n - done, io->len);

		if (move(io, how, mem + done, part)) {
			u64 page = MVM_PAGE_SIZE - io->base % MVM_PAGE_SIZE;

			if (part <= page || move(io, how, mem + done, page))
				break;
			part = page;
		}
		io_advance(io, part);
		done += part;
	}
	return done || !n ? (long)done : -EFAULT;
}

long io_put(struct io *io, const void *src, u64 n)
{
	return move_all(io, PUT, (char *)src, n);
}

long io_get(struct io *io, void *dst, u64 n)
{
	return move_all(io, GET, dst, n);
}

long io_zero(struct io *io, u64 n)
{
	return move_all(io, ZERO, NULL, n);
}

int io_pieces(const struct io *io, bool write, struct mvm_iov *out, int max, u64 *covered)
{
	struct io at = *io;
	int n = 0;

	*covered = 0;
	while (at.left && n < max) {
		u64 len = MIN(at.len, at.left);
		size_t got = len;
		int k = 1;

		if (at.kernel) {
			out[n].addr.v = va_to_gpa((void *)at.base);
			out[n].len = len;
		} else {
			k = user_pieces(at.base, len, write, out + n, max - n, &got);
			if (k <= 0)
				break;
		}
		n += k;
		*covered += got;
		if (got < len)
			break;
		io_advance(&at, got);
	}
	return n || !io->left ? n : -EFAULT;
}
