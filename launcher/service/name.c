/* SPDX-License-Identifier: MIT */
/*
 * Requests that make, remove and read names below a directory.  None of these system calls can
 * be told to stay beneath a directory, so each is given a parent that path.c resolved and one
 * last component, which they do not follow.  A slash at its end is left to the kernel, where it
 * means what it always does.
 *
 * Needs (system calls), with a --dir: what path.c needs, readlinkat; and with a writable one
 *	mkdirat unlinkat(*, *, 0 | AT_REMOVEDIR) renameat2(*, *, *, *, <= 3)
 *	linkat(*, *, *, *, 0) symlinkat
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"
#include "svc.h"

#define RENAME_FLAGS	3U		/* RENAME_NOREPLACE | RENAME_EXCHANGE */

/* The entry's path and its place below the entry's handle, to be changed.  0: place_close(). */
static int take_place(struct service *s, int32_t n, mvm_gpa_t addr, uint64_t len, struct path *p,
		      struct place *pl)
{
	struct handle *dir;
	int err;

	dir = dir_get(s, n, MVM_RIGHT_CREATE, &err);
	if (!dir)
		return err;
	err = path_get(s->ram, addr, len, p);
	return err ? err : place_find(dir->fd, p, pl);
}

int64_t svc_mkdir(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct place pl;
	struct path p;
	int64_t r;

	(void)out;
	if (e->arg & ~07777UL)
		return -EINVAL;
	if (e->arg & (S_ISUID | S_ISGID))
		return -EPERM;
	r = take_place(s, e->handle, e->addr, e->len, &p, &pl);
	if (r)
		return r;
	r = pl.dots ? -EEXIST : UNINTERRUPTED(mkdirat(pl.fd, pl.name, (mode_t)e->arg));
	place_close(&pl);
	return r;
}

int64_t svc_unlink(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct place pl;
	struct path p;
	int64_t r;

	(void)out;
	if (e->arg > 1)
		return -EINVAL;
	r = take_place(s, e->handle, e->addr, e->len, &p, &pl);
	if (r)
		return r;
	if (!pl.dots)
		r = UNINTERRUPTED(unlinkat(pl.fd, pl.name, e->arg ? AT_REMOVEDIR : 0));
	else if (!e->arg)
		r = -EISDIR;
	else
		r = pl.name[1] == '.' ? -ENOTEMPTY : -EINVAL;
	place_close(&pl);
	return r;
}

/*
 * What RENAME and LINK share: two places, both to be changed, and what is done with them.  The
 * second path is below the handle in off.
 */
static int64_t with_two_places(struct service *s, const struct mvm_sqe *e,
			       int64_t (*act)(const struct place *, const struct place *, uint64_t))
{
	struct place from, to;
	struct path p, p2;
	int64_t r;

	r = take_place(s, e->handle, e->addr, e->len, &p, &from);
	if (r)
		return r;
	r = e->off > INT32_MAX ? -EBADF :
	    take_place(s, (int32_t)e->off, e->addr2, e->len2, &p2, &to);
	if (!r) {
		r = act(&from, &to, e->arg);
		place_close(&to);
	}
	place_close(&from);
	return r;
}

static int64_t rename_place(const struct place *from, const struct place *to, uint64_t flags)
{
	if (from->dots || to->dots)
		return -EBUSY;
	/* musl 1.2.3 has no renameat2(). */
	return UNINTERRUPTED(syscall(SYS_renameat2, from->fd, from->name, to->fd, to->name,
				     (unsigned int)flags));
}

int64_t svc_rename(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)out;
	if (e->arg & ~(uint64_t)RENAME_FLAGS || e->arg == RENAME_FLAGS)
		return -EINVAL;
	return with_two_places(s, e, rename_place);
}

/*
 * A slash after the first name would make the kernel follow it; what it then finds is a directory,
 * or nothing that may be linked.
 */
static int64_t link_place(const struct place *from, const struct place *to, uint64_t unused)
{
	(void)unused;
	if (to->dots)
		return -EEXIST;
	if (from->dots || strchr(from->name, '/'))
		return -EPERM;
	return UNINTERRUPTED(linkat(from->fd, from->name, to->fd, to->name, 0));
}

/*
 * Wants both places writable: a link from a read-only grant into a writable one would make a
 * name by which the file can be written.
 */
int64_t svc_link(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)out;
	return e->arg ? -EINVAL : with_two_places(s, e, link_place);
}

/* The contents may say anything: nothing here ever follows them out of the grant. */
int64_t svc_symlink(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct path p, contents;
	struct place pl;
	int64_t r;

	(void)out;
	r = path_get(s->ram, e->addr2, e->len2, &contents);
	if (r && r != -EXDEV)
		return r;
	r = take_place(s, e->handle, e->addr, e->len, &p, &pl);
	if (r)
		return r;
	r = pl.dots ? -EEXIST : UNINTERRUPTED(symlinkat(contents.s, pl.fd, pl.name));
	place_close(&pl);
	return r;
}

int64_t svc_readlink(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t room = e->len2 < MVM_PATH_MAX + 1 ? e->len2 : MVM_PATH_MAX + 1;
	struct handle *dir;
	struct place pl;
	struct path p;
	void *to;
	int64_t r;
	int err;

	(void)out;
	dir = dir_get(s, e->handle, MVM_RIGHT_LOOKUP, &err);
	if (!dir)
		return err;
	err = path_get(s->ram, e->addr, e->len, &p);
	if (err)
		return err;
	to = gate(s->ram, e->addr2, room);
	if (!to)
		return -EFAULT;
	if (!room)
		return -EINVAL;
	err = place_find(dir->fd, &p, &pl);
	if (err)
		return err;
	/* With a slash behind it the kernel would follow the link, wherever that leads. */
	if (pl.dots || strchr(pl.name, '/'))
		r = -EINVAL;
	else
		r = UNINTERRUPTED(readlinkat(pl.fd, pl.name, to, room));
	place_close(&pl);
	return r;
}
