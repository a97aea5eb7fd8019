/* SPDX-License-Identifier: MIT */
/*
 * Requests on open files beyond READ and WRITE: to storage, sizes, positions, locks.
 *
 * Needs (system calls):
 *	FILE, DISK, DIR		fsync fdatasync
 *	FILE with WRITE		ftruncate
 *	FILE, DISK with WRITE	fallocate(*, 0 | KEEP_SIZE | PUNCH_HOLE|KEEP_SIZE, *, *)
 *	FILE, DISK with SEEK	lseek
 *	FILE			fcntl(*, F_OFD_SETLK | F_OFD_GETLK, *)
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "svc.h"

/* Files and disks; -EINVAL for what has no contents of its own. */
static int file_get(struct service *s, int32_t n, struct handle **h)
{
	*h = handle_get(&s->handles, n);
	if (!*h)
		return -EBADF;
	return (*h)->kind == MVM_KIND_FILE || (*h)->kind == MVM_KIND_DISK ? 0 : -EINVAL;
}

static bool is_range(uint64_t off, uint64_t len)
{
	return off <= INT64_MAX && len <= INT64_MAX - off;
}

int64_t svc_fsync(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h = handle_get(&s->handles, e->handle);

	(void)out;
	if (!h)
		return -EBADF;
	if (e->arg > 1 || (h->kind != MVM_KIND_FILE && h->kind != MVM_KIND_DISK &&
			   h->kind != MVM_KIND_DIR))
		return -EINVAL;
	return UNINTERRUPTED(e->arg ? fdatasync(h->fd) : fsync(h->fd));
}

int64_t svc_ftruncate(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h;
	int err = file_get(s, e->handle, &h);

	(void)out;
	if (err)
		return err;
	if (h->kind != MVM_KIND_FILE || !(h->rights & MVM_RIGHT_WRITE) || e->off > INT64_MAX)
		return -EINVAL;
	return UNINTERRUPTED(ftruncate(h->fd, (off_t)e->off));
}

int64_t svc_fallocate(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h;
	int err = file_get(s, e->handle, &h);

	(void)out;
	if (err)
		return err == -EINVAL ? -ESPIPE : err;
	if (!(h->rights & MVM_RIGHT_WRITE))
		return -EBADF;
	if (e->arg != 0 && e->arg != FALLOC_FL_KEEP_SIZE &&
	    e->arg != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!is_range(e->off, e->len2))
		return -EFBIG;
	if (h->kind == MVM_KIND_DISK && e->off + e->len2 > h->size)
		return -ENOSPC;
	return UNINTERRUPTED(fallocate(h->fd, (int)e->arg, (off_t)e->off, (off_t)e->len2));
}

int64_t svc_seek(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h;
	int err = file_get(s, e->handle, &h);

	(void)out;
	if (err)
		return err == -EINVAL ? -ESPIPE : err;
	if (!(h->rights & MVM_RIGHT_SEEK))
		return -ESPIPE;
	if (e->arg > SEEK_HOLE || (e->arg <= SEEK_END && !(h->rights & MVM_RIGHT_OFFSET)))
		return -EINVAL;
	return UNINTERRUPTED(lseek(h->fd, (off_t)e->off, (int)e->arg));
}

int64_t svc_lock(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t type = e->arg & ~(uint64_t)MVM_LOCK_TEST;
	struct flock lock = { .l_type = (short)type, .l_whence = SEEK_SET,
			      .l_start = (off_t)e->off, .l_len = (off_t)e->len2 };
	struct handle *h;
	int64_t r;
	int err = file_get(s, e->handle, &h);

	if (err)
		return err;
	if (h->kind != MVM_KIND_FILE || !is_range(e->off, e->len2))
		return -EINVAL;
	if (type != F_RDLCK && type != F_WRLCK && type != F_UNLCK)
		return -EINVAL;
	if (!(e->arg & MVM_LOCK_TEST)) {
		h->locked = true;
		r = UNINTERRUPTED(fcntl(h->fd, F_OFD_SETLK, &lock));
		return r == -EACCES ? -EAGAIN : r;
	}
	r = UNINTERRUPTED(fcntl(h->fd, F_OFD_GETLK, &lock));
	if (r == 0)
		out[0] = (uint64_t)lock.l_type;
	return r;
}
