/* SPDX-License-Identifier: MIT */
/*
 * READ and WRITE: bytes between guest memory and what a handle names.
 *
 * Files take an offset and may take as long as their file system does.  Streams never block:
 * grants.c gives pipes and terminals an open file of their own with O_NONBLOCK where it can; it
 * is never set on an open file that the shell shares.  Those are used with RWF_NOWAIT where the
 * kernel has it for them (pipes and sockets since Linux 6.4), else with poll(2) first and then
 * no more than what it promises.
 *
 * Needs (system calls):
 *	FILE, DISK with READ	pread64 preadv; FILE also read readv (shared offset)
 *	FILE, DISK with WRITE	pwrite64 pwritev; FILE also write writev, and for appending
 *				pwritev2(*, *, *, -1, *, RWF_APPEND) lseek(*, 0, SEEK_CUR)
 *	STREAM, TTY with READ	preadv2(*, *, *, -1, *, RWF_NOWAIT) ppoll readv
 *	STREAM, TTY with WRITE	pwritev2(*, *, *, -1, *, RWF_NOWAIT) ppoll writev
 *	SOCKET			readv writev
 * Descriptors: those of the grants; with a --dir any, as its files come and go.
 */
#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "svc.h"

/* musl 1.2.3 has no wrapper; the C libraries that have one call preadv for flags 0. */
static int64_t sys_rwv2(long nr, int fd, const struct gate_iov *io, int flags)
{
	return result(syscall(nr, fd, io->v, (long)io->n, -1L, 0L, flags));
}

static bool lacks_nowait(int64_t r)
{
	return r == -EOPNOTSUPP || r == -ENOSYS || r == -EINVAL;
}

/*
 * A stream that poll(2) calls writable takes PIPE_BUF bytes (pipe(7)) and a readable one gives
 * what it has.  Where somebody else empties or fills it in between, the thread may sleep until
 * a signal, as the program would have natively.
 */
static int64_t stream_polled(struct handle *h, struct gate_iov *io, bool write)
{
	struct pollfd p = { .fd = h->fd, .events = write ? POLLOUT : POLLIN };
	struct timespec now = { 0, 0 };
	int64_t r = result(ppoll(&p, 1, &now, NULL));

	if (r == 0 || r == -EINTR)
		return -EAGAIN;
	if (r < 0)
		return r;
	if (write)
		gate_iov_clip(io, PIPE_BUF);
	r = result(write ? writev(h->fd, io->v, (int)io->n) : readv(h->fd, io->v, (int)io->n));
	return r == -EINTR ? -EAGAIN : r;
}

static int64_t stream_io(struct handle *h, struct gate_iov *io, bool write)
{
	int64_t r;

	if (h->nonblock) {
		r = result(write ? writev(h->fd, io->v, (int)io->n) :
			   readv(h->fd, io->v, (int)io->n));
		return r == -EINTR ? -EAGAIN : r;
	}
	if (!h->polled) {
		r = sys_rwv2(write ? SYS_pwritev2 : SYS_preadv2, h->fd, io, RWF_NOWAIT);
		if (!lacks_nowait(r))
			return r == -EINTR ? -EAGAIN : r;
		h->polled = true;
	}
	return stream_polled(h, io, write);
}

/* At a position that the guest keeps. */
static int64_t io_at(int fd, const struct gate_iov *io, uint64_t off, bool write)
{
	const struct iovec *v = io->v;
	off_t at = (off_t)off;

	if (off > INT64_MAX)
		return -EINVAL;
	if (io->n == 1)
		return UNINTERRUPTED(write ? pwrite(fd, v->iov_base, v->iov_len, at) :
				     pread(fd, v->iov_base, v->iov_len, at));
	return UNINTERRUPTED(write ? pwritev(fd, v, (int)io->n, at) :
			     preadv(fd, v, (int)io->n, at));
}

/* At the position of the open file, which others may share: (mvm run a; mvm run b) <f. */
static int64_t io_current(int fd, const struct gate_iov *io, bool write)
{
	return UNINTERRUPTED(write ? writev(fd, io->v, (int)io->n) : readv(fd, io->v, (int)io->n));
}

static int64_t io_append(int fd, const struct gate_iov *io, uint64_t *end)
{
	int64_t r;

	do
		r = sys_rwv2(SYS_pwritev2, fd, io, RWF_APPEND);
	while (r == -EINTR);
	if (r >= 0)
		*end = (uint64_t)lseek(fd, 0, SEEK_CUR);
	return r;
}

/* A disk has the size that it was granted with. */
static int64_t disk_io(struct handle *h, const struct mvm_sqe *e, struct gate_iov *io, bool write)
{
	if (e->off == MVM_OFF_CURRENT || (write && e->arg))
		return -EINVAL;
	if (e->off >= h->size)
		return write && io->total ? -ENOSPC : 0;
	gate_iov_clip(io, h->size - e->off);
	return io_at(h->fd, io, h->base + e->off, write);
}

static int64_t file_io(struct handle *h, const struct mvm_sqe *e, struct gate_iov *io, bool write,
		       uint64_t *end)
{
	if (IS_ENABLED(CONFIG_ARCHIVE) && h->size)
		return disk_io(h, e, io, write);	/* a part of a file */
	if (write && e->arg)
		return io_append(h->fd, io, end);
	if (e->off == MVM_OFF_CURRENT)
		return h->rights & MVM_RIGHT_OFFSET ? io_current(h->fd, io, write) : -EINVAL;
	if (!(h->rights & MVM_RIGHT_SEEK))
		return -ESPIPE;
	return io_at(h->fd, io, e->off, write);
}

static int64_t transfer(struct service *s, const struct mvm_sqe *e, bool write, uint64_t *end)
{
	struct handle *h = handle_get(&s->handles, e->handle);
	struct gate_iov io;
	int64_t r;
	int err;

	if (!h)
		return -EBADF;
	if (h->kind == MVM_KIND_DIR)
		return write ? -EBADF : -EISDIR;
	if (!(h->rights & (write ? MVM_RIGHT_WRITE : MVM_RIGHT_READ)))
		return -EBADF;
	if (e->arg > (write ? 1 : 0))
		return -EINVAL;
	err = gate_iov(s->ram, e, &io);
	if (err)
		return err;
	switch (h->kind) {
	case MVM_KIND_STREAM:
	case MVM_KIND_TTY:
	case MVM_KIND_SOCKET:
		if (e->off != MVM_OFF_CURRENT)
			return -ESPIPE;
		r = stream_io(h, &io, write);
		if (write)
			h->came_short = r < 0 || (uint64_t)r < io.total;
		s->moved[write] += (uint64_t)(r & ~(r >> 63));	/* of an error nothing */
		return r;
	case MVM_KIND_DISK:
		return IS_ENABLED(CONFIG_DISK) ? disk_io(h, e, &io, write) : -EBADF;
	case MVM_KIND_FILE:
		return file_io(h, e, &io, write, end);
	}
	return -EBADF;
}

int64_t svc_read(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	return transfer(s, e, false, &out[0]);
}

int64_t svc_write(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	return transfer(s, e, true, &out[0]);
}
