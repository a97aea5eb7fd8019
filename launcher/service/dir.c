/* SPDX-License-Identifier: MIT */
/*
 * OPEN, CLOSE and GETDENTS.  A handle opened below a directory has the rights asked for and
 * never more than the directory's: below a read-only grant nothing is opened for writing.
 *
 * Only regular files and directories are opened.  FIFOs, sockets and devices that lie in a
 * granted directory are not: opening them acts on other processes or on hardware, so they are
 * recognised before (MVM_O_PATH, which opens nothing, gives a handle of anything).  What somebody
 * puts in a name's place between the two is opened, without waiting and without becoming this
 * process's terminal, is seen to be that, and closed: a descriptor of O_PATH can be opened by way
 * of /proc alone, where a confined process has no business.  As root the kernel opens no devices
 * there (MOUNT_ATTR_NODEV, confine/root.c).
 *
 * Needs (system calls), with a --dir: what path.c needs, and
 *	getdents64 lseek(*, *, SEEK_SET) fstatfs
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "gate.h"
#include "svc.h"

#define OPEN_FLAGS	(MVM_O_READ | MVM_O_WRITE | MVM_O_CREATE | MVM_O_EXCL | MVM_O_TRUNC | \
			 MVM_O_APPEND | MVM_O_DIRECTORY | MVM_O_NOFOLLOW | MVM_O_TMPFILE | \
			 MVM_O_PATH | MVM_O_SYNC | MVM_O_DSYNC)
#define WITH_PATH	(MVM_O_PATH | MVM_O_DIRECTORY | MVM_O_NOFOLLOW)
#define GETDENTS_MAX	(1UL << 20)

/* The flags and mode as far as they can be judged by themselves. */
static int check_flags(uint32_t flags, uint32_t mode)
{
	if (flags & ~OPEN_FLAGS || mode & ~07777U)
		return -EINVAL;
	if (!(flags & (MVM_O_READ | MVM_O_WRITE | MVM_O_PATH)))
		return -EINVAL;
	if (flags & MVM_O_PATH && flags & ~WITH_PATH)
		return -EINVAL;
	if (flags & MVM_O_TMPFILE && (!(flags & MVM_O_WRITE) || flags & MVM_O_CREATE))
		return -EINVAL;
	/* A file of the host that gives its opener another identity is not the guest's to make. */
	return mode & (S_ISUID | S_ISGID) ? -EPERM : 0;
}

static int host_flags(uint32_t flags)
{
	static const struct { uint32_t mvm; int host; } map[] = {
		{ MVM_O_CREATE, O_CREAT }, { MVM_O_EXCL, O_EXCL }, { MVM_O_TRUNC, O_TRUNC },
		{ MVM_O_APPEND, O_APPEND }, { MVM_O_DIRECTORY, O_DIRECTORY },
		{ MVM_O_NOFOLLOW, O_NOFOLLOW }, { MVM_O_TMPFILE, O_TMPFILE },
		{ MVM_O_SYNC, O_SYNC }, { MVM_O_DSYNC, O_DSYNC },
	};
	int host = 0;
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].mvm)
			host |= map[i].host;
	if (flags & MVM_O_PATH)
		return host | O_PATH;
	if (flags & MVM_O_WRITE)
		host |= flags & MVM_O_READ ? O_RDWR : O_WRONLY;
	return host | O_NONBLOCK | O_NOCTTY;
}

/* As Linux answers for a socket, and for a device on a file system mounted nodev. */
static int refused_type(mode_t mode)
{
	if (S_ISFIFO(mode) || S_ISSOCK(mode))
		return -ENXIO;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return -EACCES;
	return 0;
}

/*
 * Looks at the name before it is opened: 0 when it may be, and *flags says how.  What a
 * read-only grant refuses is found in Linux's order: a name that is not there is ENOENT first.
 */
static int look(const struct handle *dir, const char *path, uint32_t *flags)
{
	bool writable = dir->rights & MVM_RIGHT_CREATE;
	bool exclusive = (*flags & MVM_O_CREATE) && (*flags & MVM_O_EXCL);
	struct stat st;
	int err;

	if (*flags & MVM_O_TMPFILE)
		return writable ? 0 : -EROFS;
	if (*flags & MVM_O_PATH || (exclusive && writable))
		return 0;	/* opens nothing, or only what it makes */
	err = path_stat(dir->fd, path, !(*flags & MVM_O_NOFOLLOW) && !exclusive, &st);
	if (err == -ENOENT && *flags & MVM_O_CREATE)
		return writable ? 0 : -EROFS;
	if (err)
		return err;
	if (exclusive)
		return -EEXIST;
	if (!writable) {
		if (*flags & (MVM_O_WRITE | MVM_O_TRUNC))
			return S_ISDIR(st.st_mode) ? -EISDIR : -EROFS;
		*flags &= ~MVM_O_CREATE;
	}
	return *flags & MVM_O_DIRECTORY ? 0 : refused_type(st.st_mode);
}

/*
 * procfs holds this process's own memory (self/mem) and the kernel's switches: who grants a
 * directory that contains it, such as /, does not mean those to be written.  Its files say that
 * they are empty, so others are not asked about.
 */
static bool is_procfs(int fd, const struct stat *st)
{
	struct statfs f;

	return !st->st_size && !st->st_blocks && !fstatfs(fd, &f) && f.f_type == PROC_SUPER_MAGIC;
}

int dir_open(const struct handle *dir, const char *path, uint32_t flags, uint32_t mode,
	     struct stat *st)
{
	int fd, err = look(dir, path, &flags);

	if (err)
		return err;
	if (!(flags & (MVM_O_CREATE | MVM_O_TMPFILE)))
		mode = 0;
	fd = path_open(dir->fd, path, host_flags(flags), mode);
	if (fd < 0)
		return fd;
	err = fstat(fd, st) ? -errno : 0;
	if (!err && !(flags & MVM_O_PATH))
		err = refused_type(st->st_mode);	/* somebody has exchanged it meanwhile */
	if (!err && flags & MVM_O_WRITE && is_procfs(fd, st))
		err = -EACCES;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static uint32_t rights_of(const struct handle *dir, uint32_t flags, bool is_dir)
{
	uint32_t rights = 0;

	if (is_dir)
		return (dir->rights & (MVM_RIGHT_LOOKUP | MVM_RIGHT_CREATE)) |
		       (flags & MVM_O_READ ? MVM_RIGHT_READ : 0);
	if (flags & MVM_O_PATH)
		return 0;
	if (flags & MVM_O_READ)
		rights |= MVM_RIGHT_READ;
	if (flags & MVM_O_WRITE)
		rights |= MVM_RIGHT_WRITE;
	return rights | MVM_RIGHT_SEEK | MVM_RIGHT_WAIT;
}

int64_t svc_open(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint32_t flags = (uint32_t)e->arg, mode = (uint32_t)(e->arg >> 32), kind, rights;
	struct handle *dir;
	struct stat st;
	struct path p;
	int32_t n;
	int fd, err = check_flags(flags, mode);

	if (err)
		return err;
	dir = dir_get(s, e->handle, MVM_RIGHT_LOOKUP, &err);
	if (!dir)
		return err;
	err = path_get(s->ram, e->addr, e->len, &p);
	if (err)
		return err;
	/* What could fail afterwards fails now, before a file is made. */
	if (!gate(s->ram, e->addr2, e->len2))
		return -EFAULT;
	if (handles_full(&s->handles))
		return -EMFILE;
	fd = dir_open(dir, p.s, flags, mode, &st);
	if (fd < 0)
		return fd;
	kind = S_ISDIR(st.st_mode) ? MVM_KIND_DIR : MVM_KIND_FILE;
	rights = rights_of(dir, flags, kind == MVM_KIND_DIR);
	n = handle_add(&s->handles, fd, kind, rights);
	s->handles.h[n].read_only = !(dir->rights & MVM_RIGHT_CREATE);
	if (s->opened)
		s->opened(s, e->handle, p.s, flags, n);
	out[0] = kind | (uint64_t)rights << 32;
	stat_out(s->ram, e->addr2, e->len2, &st);
	return n;
}

int64_t svc_getdents(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t len = e->len < GETDENTS_MAX ? e->len : GETDENTS_MAX;
	struct handle *dir;
	void *to;
	int err;

	(void)out;
	dir = dir_get(s, e->handle, MVM_RIGHT_READ, &err);
	if (!dir)
		return err;
	to = gate(s->ram, e->addr, len);
	if (!to)
		return -EFAULT;
	if (e->off != MVM_OFF_CURRENT && lseek(dir->fd, (off_t)e->off, SEEK_SET) < 0)
		return -errno;
	return UNINTERRUPTED(syscall(SYS_getdents64, dir->fd, to, len));
}
