/* SPDX-License-Identifier: MIT */
/*
 * splice(2), tee(2), vmsplice(2): bytes to and from pipes.  They are copied: pages have no life of
 * their own here.  What a splice waits for in the file happens with the pipe's end taken, so that
 * no byte is lost or doubled when the file takes less than there was.
 */
#include "fs/pipe.h"
#include "fs/syscalls.h"
#include <asm/poll.h>

#define SPLICE_F_NONBLOCK	2U
#define SPLICE_F_ALL		15U	/* MOVE, NONBLOCK, MORE, GIFT */
#define CHUNK_PAGES		16U
#define CHUNK			(CHUNK_PAGES * MVM_PAGE_SIZE)

/* What they all have: where bytes pass through, and whether to wait. */
struct splice {
	char *buf;
	bool block;
};

/* ---- the three directions ---- */

/* As much as there is, waiting only for the first of it. */
static long pipe_to_file(struct splice *s, struct pipe *p, struct file *out, u64 *pos, u64 n)
{
	u64 done = 0;
	long res = 0;

	while (done < n && (!done || p->head != p->tail)) {
		struct io io;
		u64 part;

		res = pipe_wait_data(p, s->block && !done);
		if (res <= 0)
			break;
		part = pipe_peek(p, s->buf, MIN(n - done, CHUNK));
		io_kernel(&io, s->buf, part);
		p->taking = true;
		res = file_write_at(out, &io, pos);
		p->taking = false;
		if (res > 0) {
			pipe_skip(p, res);
			done += res;
		}
		waitq_wake(&p->q, POLLIN | POLLRDNORM);
		if (res < (long)part)
			break;
	}
	return done ? (long)done : res;
}

/* One read of the file. */
static long file_to_pipe(struct splice *s, struct file *in, u64 *pos, struct pipe *p, u64 n)
{
	u32 flags = in->flags;
	struct io io;
	long res = pipe_wait_room(p, s->block);

	if (res < 0)
		return res;
	io_kernel(&io, s->buf, MIN(MIN(n, CHUNK), pipe_room(p)));
	p->putting = true;
	if (!s->block)
		in->flags |= O_NONBLOCK;	/* it does not sleep then: nobody sees this */
	res = file_read_at(in, &io, pos);
	if (!s->block)
		in->flags = flags;
	p->putting = false;
	waitq_wake(&p->q, POLLOUT | POLLWRNORM);
	if (res <= 0)
		return res;
	io_kernel(&io, s->buf, res);
	return pipe_put(p, &io);
}

/* keep: tee, which leaves the bytes where they are. */
static long pipe_to_pipe(struct splice *s, struct pipe *in, struct pipe *out, u64 n, bool keep)
{
	struct io io;
	long res;

	do {
		res = pipe_wait_data(in, s->block);
		if (res > 0)
			res = pipe_wait_room(out, s->block);
		if (res <= 0)
			return res;
	} while (in->head == in->tail || in->taking);
	n = pipe_peek(in, s->buf, MIN(MIN(n, CHUNK), pipe_room(out)));
	io_kernel(&io, s->buf, n);
	res = pipe_put(out, &io);
	if (res > 0 && !keep)
		pipe_skip(in, res);
	return res;
}

/* ---- the calls ---- */

/* Runs one of them with a buffer and references to both files. */
static long with_buffer(struct file *in, struct file *out, u64 *in_pos, u64 *out_pos, u64 n,
			bool block, bool keep)
{
	struct splice s = { .buf = pages_alloc(CHUNK_PAGES, false), .block = block };
	struct pipe *from = pipe_of(in), *to = pipe_of(out);
	long res;

	if (!s.buf)
		return -ENOMEM;
	file_ref(in);
	file_ref(out);
	if (from && to)
		res = pipe_to_pipe(&s, from, to, n, keep);
	else if (from)
		res = pipe_to_file(&s, from, out, out_pos, n);
	else
		res = file_to_pipe(&s, in, in_pos, to, n);
	pages_free(s.buf, CHUNK_PAGES);
	file_put(in);
	file_put(out);
	return res;
}

/* A position that the caller gives, or the file's own.  0, -ESPIPE, -EFAULT, -EINVAL. */
static long position(struct file *f, u64 uoff, u64 *given, u64 **pos)
{
	*pos = &f->off;
	if (!uoff)
		return 0;
	if (pipe_of(f))
		return -ESPIPE;
	if (get_user(*given, uoff))
		return -EFAULT;
	*pos = given;
	return f->ops->flags & FO_SEEK && (s64)*given >= 0 ? 0 : -EINVAL;
}

static bool has_nonblock(const struct file *f)
{
	return f->flags & O_NONBLOCK;
}

/* Is this a pair that can be spliced?  0, -EBADF, -EINVAL. */
static long check_pair(const struct file *in, const struct file *out)
{
	if (!can_read(in) || !can_write(out))
		return -EBADF;
	if (pipe_of(in) && pipe_of(in) == pipe_of(out))
		return -EINVAL;
	if (!pipe_of(in) && (!pipe_of(out) || !in->ops->read || in->ops->anon))
		return -EINVAL;
	if (!pipe_of(out) && (!out->ops->write || out->ops->anon || out->flags & O_APPEND))
		return -EINVAL;
	return 0;
}

long sys_splice(u64 ifd, u64 uin, u64 ofd, u64 uout, u64 n, u64 flags)
{
	struct file *in = fd_file(ifd), *out = fd_file(ofd);
	u64 in_given = 0, out_given = 0, *in_pos, *out_pos;
	bool block;
	long err, res;

	if (!n)
		return 0;
	if ((u32)flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!in || !out)
		return -EBADF;
	err = position(out, uout, &out_given, &out_pos);
	if (!err)
		err = position(in, uin, &in_given, &in_pos);
	if (!err || err == -EINVAL)
		err = check_pair(in, out) ?: err;
	if (err)
		return err;
	/* A pipe that does not block makes the other side not block either. */
	block = !(flags & SPLICE_F_NONBLOCK) && !(pipe_of(in) && has_nonblock(in)) &&
		!(pipe_of(out) && has_nonblock(out));
	res = with_buffer(in, out, in_pos, out_pos, MIN(n, MVM_IO_MAX), block, false);
	if ((uin && put_user(in_given, uin)) || (uout && put_user(out_given, uout)))
		return -EFAULT;
	return res;
}

long sys_tee(u64 ifd, u64 ofd, u64 n, u64 flags)
{
	struct file *in = fd_file(ifd), *out = fd_file(ofd);

	if ((u32)flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!n)
		return 0;
	if (!in || !out || !can_read(in) || !can_write(out))
		return -EBADF;
	if (!pipe_of(in) || !pipe_of(out) || pipe_of(in) == pipe_of(out))
		return -EINVAL;
	return with_buffer(in, out, NULL, NULL, MIN(n, MVM_IO_MAX),
			   !(flags & SPLICE_F_NONBLOCK) && !has_nonblock(in) && !has_nonblock(out),
			   true);
}

/* Segment by segment: what lies before a bad one is moved. */
static long put_vector(struct pipe *p, const struct io_vec *vec, u32 n)
{
	u64 done = 0;
	long res = 0;

	for (u32 i = 0; i < n && pipe_room(p); i++) {
		struct io io;

		io_user(&io, vec[i].base, MIN(vec[i].len, MVM_IO_MAX - done));
		if (!io.left)
			continue;
		res = pipe_put(p, &io);
		if (res > 0)
			done += res;
		if (io.left)
			break;
	}
	return done ? (long)done : res;
}

/* Memory to pipe or pipe to memory, by how the pipe is open. */
static long move_memory(struct file *f, const struct io_vec *vec, u32 n, u64 total, bool block)
{
	struct pipe *p = pipe_of(f);
	struct io io;
	long res;

	if (!total)
		return 0;
	if (!p)
		return -EBADF;
	file_ref(f);
	if (can_write(f)) {
		res = pipe_wait_room(p, block);
		if (res > 0)
			res = put_vector(p, vec, n);
	} else {
		res = pipe_wait_data(p, block);
		io_vector(&io, vec, n, total);
		if (res > 0)
			res = pipe_take(p, &io);
	}
	file_put(f);
	return res;
}

long sys_vmsplice(u64 fd, u64 uiov, u64 cnt, u64 flags)
{
	struct file *f = fd_file(fd);
	struct io_import im;
	long res;

	if ((u32)flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!f)
		return -EBADF;
	res = cnt > IOV_MAX ? -EINVAL : io_import(&im, uiov, cnt);
	if (res < 0)
		return res;
	res = move_memory(f, im.vec, cnt, res, !(flags & SPLICE_F_NONBLOCK));
	io_import_done(&im);
	return res;
}
