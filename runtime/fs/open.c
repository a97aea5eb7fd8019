/* SPDX-License-Identifier: MIT */
/* Opening: open(2), openat(2), openat2(2), creat(2), memfd_create(2). */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include <linux/memfd.h>
#include <linux/openat2.h>

#define OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | \
			 O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | \
			 O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE | FASYNC)
/* What stays with the open file: the rest only matters while opening. */
#define KEEP_FLAGS	(~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC))

struct open_arg {
	u32 flags, mode;
	struct file *file;		/* the result, with a reference */
};

static const struct file_ops path_ops = {	/* O_PATH on a node: names it, nothing else */
	.seek = seek_espipe, .poll = poll_always, .ioctl = ioctl_enotty,
	.stat = node_file_stat, .setattr = node_file_setattr, .statfs = node_file_statfs,
	.fsync = fsync_nothing,
};

static const struct file_ops symlink_ops = {
	.seek = seek_espipe, .stat = node_file_stat, .statfs = node_file_statfs,
};

int node_open(struct node *n, struct file *f)
{
	int err = 0;

	f->node = node_get(n);
	if (f->flags & O_PATH) {
		f->ops = S_ISLNK(n->mode) ? &symlink_ops : is_dir(n) ? &ram_dir_ops : &path_ops;
		return 0;
	}
	switch (n->mode & S_IFMT) {
	case S_IFREG:
		f->ops = IS_ENABLED(CONFIG_PROC) && n->ops ? &text_file_ops : &ram_file_ops;
		break;
	case S_IFDIR:
		f->ops = &ram_dir_ops;
		break;
	case S_IFIFO:
		err = pipe_open_fifo(n, f);
		break;
	case S_IFCHR:
	case S_IFBLK:
		err = n->ops ? n->ops->open(n, f) : -ENXIO;
		break;
	default:
		err = -ENXIO;			/* a socket */
	}
	return err;
}

/* Another open file for what f has open, as opening /proc/self/fd/N gives it. */
static int reopen(struct file *old, struct open_arg *a, struct file *f)
{
	if (!old->node && !(old->mnt && old->kind == MVM_KIND_FILE)) {
		/* A stream of the host cannot be opened twice: the same one again. */
		u32 want = a->flags & O_ACCMODE;

		if ((want != O_WRONLY && !can_read(old)) || (want != O_RDONLY && !can_write(old)))
			return -EACCES;
		file_ref(old);
		a->file = old;
		return 1;
	}
	if (old->node) {
		if (a->flags & O_DIRECTORY && !is_dir(old->node))
			return -ENOTDIR;
		if (a->flags & O_TRUNC && S_ISREG(old->node->mode) && !old->node->ops)
			ram_truncate(old->node, 0);
		return node_open(old->node, f);
	}
	return host_reopen(old, a->flags, f);
}

/* What stands at the end of the walk, checked against the flags. */
static int check_node(struct node *n, u32 flags)
{
	bool write = (flags & O_ACCMODE) != O_RDONLY;

	if (S_ISLNK(n->mode) && !(flags & O_PATH))
		return flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
	if (flags & O_DIRECTORY && !is_dir(n))
		return -ENOTDIR;
	if (is_dir(n) && !(flags & O_PATH) && (write || flags & (O_CREAT | O_TRUNC)))
		return -EISDIR;
	return 0;
}

static int create(struct name *r, u32 mode, struct node **out)
{
	struct node *n = node_new_in(r->dir, S_IFREG | (mode & 07777 & ~fs_umask));
	int err;

	if (!n)
		return -ENOMEM;
	err = dir_add(r->dir, r->last, r->len, n);
	if (err) {
		node_put(n);
		return err;
	}
	*out = n;
	return 0;
}

static int open_tmpfile(struct node *dir, struct open_arg *a, struct file *f)
{
	struct node *n;
	int err;

	if (!is_dir(dir))
		return -ENOTDIR;
	n = node_new_in(dir, S_IFREG | (a->mode & 07777 & ~fs_umask));
	if (!n)
		return -ENOMEM;
	n->nameless = a->flags & O_EXCL;
	err = node_open(n, f);
	node_put(n);
	return err;
}

static int open_in_tree(struct name *r, struct open_arg *a, struct file *f)
{
	struct node *n;
	int err;

	if ((a->flags & O_TMPFILE) == O_TMPFILE)
		return open_tmpfile(r->node, a, f);
	if (r->node) {
		n = r->node;
		if (a->flags & O_CREAT && a->flags & O_EXCL)
			return -EEXIST;
		err = check_node(n, a->flags);
		if (err)
			return err;
		if (a->flags & O_TRUNC && S_ISREG(n->mode) && !n->ops && !(a->flags & O_PATH)) {
			ram_truncate(n, 0);
			node_now(n, MVM_SET_MTIME);
			notify_name(r, IN_MODIFY);
		}
		return node_open(n, f);
	}
	err = notify_made(r, false, create(r, a->mode, &n));
	if (err)
		return err;
	err = node_open(n, f);
	node_put(n);
	return err;
}

static int open_on_host(struct name *r, struct open_arg *a, struct file *f)
{
	struct notify_place p = { 0 };
	int err;

	if (a->flags & (O_CREAT | O_TRUNC))
		notify_look(r, &p);
	err = host_open(r, a->flags | (r->unsure ? O_NOFOLLOW : 0), a->mode & 01777 & ~fs_umask, f);
	/* ENOTDIR is what O_DIRECTORY makes of a link. */
	r->link = r->unsure && (err == -ELOOP || err == -ENOTDIR);
	if (!err && p.looked && !p.self.ino)
		notify_made(r, false, 0);
	else if (!err && p.looked && a->flags & O_TRUNC)
		notify_name(r, IN_MODIFY);
	return err;
}

static long open_name(struct name *r, void *arg)
{
	struct open_arg *a = arg;
	struct file *f = file_new(a->flags & KEEP_FLAGS);
	int err;

	if (!f)
		return -ENOMEM;
	if (r->file)
		err = reopen(r->file, a, f);
	else if (r->mnt)
		err = open_on_host(r, a, f);
	else
		err = open_in_tree(r, a, f);
	if (err)
		file_put(f);
	else
		a->file = f;
	return err < 0 ? err : 0;
}

/* open's flags made sensible as Linux does, and the walk's flags for them; -EINVAL. */
static long walk_flags(struct open_arg *a, bool strict)
{
	u32 w = a->flags & O_NOFOLLOW ? 0 : W_FOLLOW;

	if (strict && a->flags & ~(u32)OPEN_FLAGS)
		return -EINVAL;
	a->flags = (a->flags & OPEN_FLAGS) | O_LARGEFILE;
	if (a->flags & O_PATH)
		a->flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	if ((a->flags & O_TMPFILE) == O_TMPFILE && (a->flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	if (a->flags & O_TMPFILE & ~O_DIRECTORY && !(a->flags & O_DIRECTORY))
		return -EINVAL;
	if (a->flags & O_CREAT && a->flags & O_DIRECTORY)
		return -EINVAL;
	if (a->flags & O_CREAT) {
		w |= W_MISSING | W_OCREAT;
		if (a->flags & O_EXCL)
			w &= ~W_FOLLOW;
	}
	/* Opening a file as it is tells links by itself. */
	if (!(a->flags & (O_NOFOLLOW | O_CREAT | O_TRUNC | O_PATH | (O_TMPFILE & ~O_DIRECTORY))))
		w |= W_LATER;
	return w | W_MAGIC;
}

static long install(struct open_arg *a)
{
	long fd = fd_install(a->file, 0, a->flags & O_CLOEXEC);

	if (fd >= 0)
		notify_file(a->file, IN_OPEN);
	else
		file_put(a->file);
	return fd;
}

long sys_openat(u64 dfd, u64 path, u64 flags, u64 mode)
{
	struct open_arg a = { .flags = flags, .mode = mode };
	long w = walk_flags(&a, false), err;

	if (w < 0)
		return w;
	err = at_path(dfd, path, w, open_name, &a);
	return err ? err : install(&a);
}

long sys_open(u64 path, u64 flags, u64 mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(u64 path, u64 mode)
{
	return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/*
 * openat2(2).  RESOLVE_BENEATH and _IN_ROOT are refused with EINVAL rather than granted
 * loosely; RESOLVE_NO_XDEV and _NO_MAGICLINKS hold because magic links are few.
 */
long sys_openat2(u64 dfd, u64 path, u64 uhow, u64 size)
{
	struct open_how how = { 0 };
	struct open_arg a;
	long w, err;

	if (size < sizeof(how))
		return -EINVAL;
	if (size > MVM_PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(&how, uhow, sizeof(how)))
		return -EFAULT;
	/* A longer structure of a newer program: what we do not know must be zero. */
	for (u64 i = sizeof(how); i < size; i++) {
		u8 byte;

		if (get_user(byte, uhow + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	if (how.flags >> 32 || how.resolve & ~(u64)(RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
						    RESOLVE_NO_MAGICLINKS))
		return -EINVAL;
	if (how.mode & ~07777UL)
		return -EINVAL;
	a = (struct open_arg){ .flags = how.flags, .mode = how.mode };
	if (how.mode && !(a.flags & O_CREAT) && (a.flags & O_TMPFILE) != O_TMPFILE)
		return -EINVAL;
	w = walk_flags(&a, true);
	if (w < 0)
		return w;
	if (how.resolve & RESOLVE_NO_SYMLINKS)
		w = (w | W_NOLINKS | W_SLOW) & ~W_LATER;
	err = at_path(dfd, path, w, open_name, &a);
	return err ? err : install(&a);
}

/* For the runtime's own use: a file by path, or NULL and *err. */
struct file *open_kpath(const char *path, u32 flags, u32 mode, long *err)
{
	struct open_arg a = { .flags = flags, .mode = mode };
	long w = walk_flags(&a, false);

	*err = w < 0 ? w : at_kpath(NULL, path, w, open_name, &a);
	return *err ? NULL : a.file;
}

struct file *file_open(const char *path, long *err)
{
	struct file *f = open_kpath(path, O_RDONLY | O_NONBLOCK, 0, err);
	struct mvm_stat st;

	if (!f)
		return NULL;
	*err = f->ops->stat(f, &st);
	if (!*err && !S_ISREG(st.mode))
		*err = S_ISDIR(st.mode) ? -EISDIR : -EACCES;
	if (!*err)
		return f;
	file_put(f);
	return NULL;
}

bool file_executable(struct file *f)
{
	struct mvm_stat st;

	return !f->ops->stat(f, &st) && st.mode & 0111;
}

char *file_path(struct file *f)
{
	char *buf = kmalloc(FS_PATH_MAX), *path = NULL;
	long len;

	if (!buf || (f->mnt && walk_canon(f)))
		goto out;
	len = path_of(f, buf, FS_PATH_MAX);
	if (len > 0)
		path = kstrndup(buf, len);
out:
	kfree(buf);
	return path;
}

long sys_memfd_create(u64 uname, u64 flags)
{
	struct open_arg a = { .flags = O_RDWR };
	char name[250];			/* 249 bytes and the NUL, as Linux */
	struct node *n;
	long len = strncpy_from_user(name, uname, sizeof(name));

	if ((u32)flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB))
		return -EINVAL;
	if (flags & MFD_HUGETLB)
		return -ENODEV;
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	n = node_new(S_IFREG | 0777);
	a.file = n ? file_new(O_RDWR) : NULL;
	if (!a.file) {
		node_put(n);
		return -ENOMEM;
	}
	n->seals = flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
	node_open(n, a.file);
	node_put(n);
	a.flags = flags & MFD_CLOEXEC ? O_CLOEXEC : 0;
	return install(&a);
}
