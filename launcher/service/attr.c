/* SPDX-License-Identifier: MIT */
/*
 * SETATTR: mode, owner and times of a handle or of a name below a directory.
 *
 * A name is resolved to an O_PATH descriptor first, and that is changed: what it names cannot be
 * exchanged between the two steps.  Only mode has no such call before Linux 6.6 (fchmodat2); on
 * older kernels the file is opened for it, which wants a file that its owner may read or write.
 *
 * Needs (system calls), with a writable --dir: what path.c needs, and
 *	fchmod fchmodat2(*, path_empty, *, AT_EMPTY_PATH) fchown
 *	fchownat(*, path_empty, *, *, AT_EMPTY_PATH)
 *	utimensat(*, NULL or path_empty, *, 0 or AT_EMPTY_PATH)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"
#include "same_file.h"
#include "svc.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

#define SET_ALL		(MVM_SET_MODE | MVM_SET_OWNER | MVM_SET_ATIME | MVM_SET_MTIME | \
			 MVM_SET_ATIME_NOW | MVM_SET_MTIME_NOW)
#define SET_TIMES	(MVM_SET_ATIME | MVM_SET_MTIME | MVM_SET_ATIME_NOW | MVM_SET_MTIME_NOW)

static bool has_fchmodat2 = true;	/* until the kernel says otherwise */

/*
 * By opening it, as kernels before 6.6 want: regular files and directories alone, because
 * opening anything else acts on it.  name is looked up anew, so the file that path_fd names is
 * required to be what was opened.
 */
static int64_t chmod_opened(const struct handle *dir, const char *name, int path_fd, bool follow,
			    mode_t mode)
{
	int flags = O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
	struct stat st, opened;
	int64_t r;
	int fd;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EOPNOTSUPP;
	fd = path_open(dir->fd, name, O_RDONLY | flags, 0);
	if (fd == -EACCES)
		fd = path_open(dir->fd, name, O_WRONLY | flags, 0);
	if (fd < 0)
		return fd;
	r = result(fstat(fd, &opened));
	if (r == 0 && !same_file(&opened, &st))
		r = -ESTALE;
	if (r == 0)
		r = UNINTERRUPTED(fchmod(fd, mode));
	close(fd);
	return r;
}

static int64_t chmod_path(const struct handle *dir, const char *name, int fd, bool follow,
			  mode_t mode)
{
	int64_t r = -ENOSYS;

	if (has_fchmodat2) {
		r = UNINTERRUPTED(syscall(SYS_fchmodat2, fd, path_empty, mode, AT_EMPTY_PATH));
		has_fchmodat2 = r != -ENOSYS;
	}
	return has_fchmodat2 ? r : chmod_opened(dir, name, fd, follow, mode);
}

/* *t as utimensat(2) wants it. */
static int time_of(uint32_t mask, uint32_t set, uint32_t set_now, int64_t sec, uint32_t nsec,
		   struct timespec *t)
{
	*t = (struct timespec){ .tv_nsec = UTIME_OMIT };
	if (mask & set_now)
		t->tv_nsec = UTIME_NOW;
	else if (mask & set)
		*t = (struct timespec){ .tv_sec = sec, .tv_nsec = nsec };
	else
		return 0;
	return mask & set && nsec > 999999999 ? -EINVAL : 0;
}

static int check(const struct mvm_setattr *a, struct timespec t[2])
{
	int err;

	if (a->mask & ~SET_ALL)
		return -EINVAL;
	if (a->mask & MVM_SET_MODE && a->mode & ~07777U)
		return -EINVAL;
	/* A file of the host that gives its user another identity is not the guest's to make. */
	if (a->mask & MVM_SET_MODE && a->mode & (S_ISUID | S_ISGID))
		return -EPERM;
	err = time_of(a->mask, MVM_SET_ATIME, MVM_SET_ATIME_NOW, a->atime_sec, a->atime_nsec,
		      &t[0]);
	return err ? err : time_of(a->mask, MVM_SET_MTIME, MVM_SET_MTIME_NOW, a->mtime_sec,
				   a->mtime_nsec, &t[1]);
}

static int64_t set_path(const struct handle *dir, const char *name, bool follow,
			const struct mvm_setattr *a, const struct timespec t[2])
{
	int64_t r = 0;
	int fd = path_open(dir->fd, name, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);

	if (fd < 0)
		return fd;
	if (a->mask & MVM_SET_OWNER)
		r = UNINTERRUPTED(syscall(SYS_fchownat, fd, path_empty, a->uid, a->gid,
					  AT_EMPTY_PATH));
	if (!r && a->mask & MVM_SET_MODE)
		r = chmod_path(dir, name, fd, follow, a->mode);
	if (!r && a->mask & SET_TIMES)
		r = UNINTERRUPTED(syscall(SYS_utimensat, fd, path_empty, t, AT_EMPTY_PATH));
	close(fd);
	return r;
}

/*
 * Without the C library's wrappers: for a descriptor that fchmod(2) refuses, musl's go on to look
 * for it in /proc, with system calls that a confined launcher may not make.
 */
static int64_t set_self(const struct handle *h, const struct mvm_setattr *a,
			const struct timespec t[2])
{
	int64_t r = 0;

	if (h->read_only)
		return -EROFS;
	if (h->kind == MVM_KIND_DIR && !(h->rights & MVM_RIGHT_CREATE))
		return -EROFS;
	/* The files that mvm was started with are changed by their contents alone. */
	if (h->kind != MVM_KIND_DIR && (h->grant || h->kind != MVM_KIND_FILE))
		return -EPERM;
	if (a->mask & MVM_SET_OWNER)
		r = UNINTERRUPTED(syscall(SYS_fchown, h->fd, a->uid, a->gid));
	if (!r && a->mask & MVM_SET_MODE)
		r = UNINTERRUPTED(syscall(SYS_fchmod, h->fd, a->mode));
	if (!r && a->mask & SET_TIMES)
		r = UNINTERRUPTED(syscall(SYS_utimensat, h->fd, NULL, t, 0));
	return r;
}

int64_t svc_setattr(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct mvm_setattr a = { .mask = 0 };
	struct timespec t[2];
	struct handle *h;
	struct path p;
	int err;

	(void)out;
	if (e->arg > 1)
		return -EINVAL;
	if (gate_copy_in(s->ram, &a, e->addr2, e->len2 < sizeof(a) ? e->len2 : sizeof(a)))
		return -EFAULT;
	err = check(&a, t);
	if (err)
		return err;
	if (!e->len) {
		h = handle_get(&s->handles, e->handle);
		return h ? set_self(h, &a, t) : -EBADF;
	}
	h = dir_get(s, e->handle, MVM_RIGHT_CREATE, &err);
	if (!h)
		return err;
	err = path_get(s->ram, e->addr, e->len, &p);
	return err ? err : set_path(h, p.s, !e->arg, &a, t);
}
