/* SPDX-License-Identifier: MIT */
/*
 * STAT and STATFS: what is known of a handle or, below a directory, of a name.
 *
 * Needs (system calls):
 *	any handle		fstat (glibc: newfstatat(fd, "", *, AT_EMPTY_PATH)) fstatfs
 *	DIR			what path.c needs
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "gate.h"
#include "svc.h"

int stat_out(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t room, const struct stat *st)
{
	struct mvm_stat m = {
		.dev = st->st_dev,
		.ino = st->st_ino,
		.nlink = st->st_nlink,
		.rdev = st->st_rdev,
		.size = (uint64_t)st->st_size,
		.blocks = (uint64_t)st->st_blocks,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.blksize = (uint32_t)st->st_blksize,
		.atime_sec = st->st_atim.tv_sec,
		.mtime_sec = st->st_mtim.tv_sec,
		.ctime_sec = st->st_ctim.tv_sec,
		.atime_nsec = (uint32_t)st->st_atim.tv_nsec,
		.mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_nsec = (uint32_t)st->st_ctim.tv_nsec,
	};

	return gate_copy_out(ram, addr, room, &m, sizeof(m));
}

static int stat_path(struct service *s, const struct mvm_sqe *e, struct stat *st)
{
	struct handle *dir;
	struct path p;
	int err;

	dir = dir_get(s, e->handle, MVM_RIGHT_LOOKUP, &err);
	if (!dir)
		return err;
	err = path_get(s->ram, e->addr, e->len, &p);
	return err ? err : path_stat(dir->fd, p.s, !e->arg, st);
}

static int stat_self(struct service *s, const struct mvm_sqe *e, struct stat *st)
{
	struct handle *h = handle_get(&s->handles, e->handle);

	if (!h)
		return -EBADF;
	return fstat(h->fd, st) ? -errno : 0;
}

int64_t svc_stat(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct stat st;
	int err;

	(void)out;
	if (e->arg > 1)
		return -EINVAL;
	if (!e->len)
		err = stat_self(s, e, &st);
	else
		err = IS_ENABLED(CONFIG_DIR) ? stat_path(s, e, &st) : -ENOTDIR;
	return err ? err : stat_out(s->ram, e->addr2, e->len2, &st);
}

int64_t svc_statfs(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h = handle_get(&s->handles, e->handle);
	struct mvm_statfs m;
	struct statfs f;

	(void)out;
	if (!h)
		return -EBADF;
	memset(&f, 0, sizeof(f));
	if (UNINTERRUPTED(fstatfs(h->fd, &f)) < 0)
		return -errno;
	m = (struct mvm_statfs){
		.type = (uint64_t)f.f_type,
		.bsize = (uint64_t)f.f_bsize,
		.blocks = f.f_blocks,
		.bfree = f.f_bfree,
		.bavail = f.f_bavail,
		.files = f.f_files,
		.ffree = f.f_ffree,
		.namelen = (uint64_t)f.f_namelen,
		.frsize = (uint64_t)f.f_frsize,
		.flags = (uint64_t)f.f_flags,
	};
	return gate_copy_out(s->ram, e->addr2, e->len2, &m, sizeof(m));
}
