/* SPDX-License-Identifier: MIT */
/*
 * The calls that make and remove names: mkdir, mknod, symlink, link, unlink, rmdir, readlink.
 * rename is rename.c's.
 */
#include "fs/notify.h"
#include "fs/syscalls.h"

long name_exists(const struct name *r, bool whole)
{
	struct mvm_stat st;
	u32 len;

	whole = whole || r->type != LAST_NAME;
	len = whole ? r->rel_len : (u32)(r->last - r->rel);
	if (!r->mnt || !len)
		return 0;
	return host_stat(r->handle, r->rel, len, whole, &st);
}

long name_verdict(const struct name *r, long verdict)
{
	long err = name_exists(r, true);

	return err ? err : verdict;
}

long name_could_make(const struct name *r)
{
	struct mvm_stat st;
	long err = host_stat(r->handle, r->rel, r->last + r->len - r->rel, true, &st);

	if (!err)
		return -EEXIST;
	return err == -ENOENT ? name_exists(r, false) : err;
}

/* A new name: is the end of the walk one that could be made?  0 or -errno. */
static int name_is_new(const struct name *r, bool dir)
{
	int err;

	if (r->type != LAST_NAME)
		return name_verdict(r, -EEXIST);
	if (r->node)
		return -EEXIST;
	if (name_check(r))
		return -ENAMETOOLONG;
	if (dir || !r->slash)
		return 0;
	/* With a slash behind it the name would have to be a directory. */
	err = r->mnt ? name_could_make(r) : 0;
	return err ? err : -ENOENT;
}

static int add(struct name *r, struct node *n)
{
	int err = n ? dir_add(r->dir, r->last, r->len, n) : -ENOMEM;

	node_put(n);
	return err;
}

struct mk_arg { u32 mode; u64 dev; const char *text; u32 len; };

static long do_mkdir(struct name *r, void *arg)
{
	struct mk_arg *a = arg;
	int err = name_is_new(r, true);

	if (err)
		return err;
	if (r->mnt)
		return notify_made(r, true, host_mkdir(r, a->mode));
	return notify_made(r, true, add(r, node_new_in(r->dir, S_IFDIR | a->mode)));
}

long sys_mkdirat(u64 dfd, u64 path, u64 mode)
{
	struct mk_arg a = { .mode = mode & 01777 & ~fs_umask };

	return at_path(dfd, path, W_PARENT | W_NEW, do_mkdir, &a);
}

long sys_mkdir(u64 path, u64 mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

static long do_mknod(struct name *r, void *arg)
{
	struct mk_arg *a = arg;
	struct node *n;
	int err = name_is_new(r, false);

	if (err)
		return err;
	if (r->mnt)
		return notify_made(r, false, host_mknod(r, a->mode));
	n = node_new_in(r->dir, a->mode);
	if (n && (S_ISCHR(a->mode) || S_ISBLK(a->mode)))
		dev_attach(n, a->dev);
	return notify_made(r, false, add(r, n));
}

long sys_mknodat(u64 dfd, u64 path, u64 mode64, u64 dev)
{
	u32 mode = mode64;
	struct mk_arg a = { .mode = mode & S_IFMT ? mode : mode | S_IFREG, .dev = (u32)dev };

	a.mode = (a.mode & S_IFMT) | (a.mode & 07777 & ~fs_umask);
	switch (a.mode & S_IFMT) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return at_path(dfd, path, W_PARENT | W_NEW, do_mknod, &a);
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

long sys_mknod(u64 path, u64 mode, u64 dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

static long do_symlink(struct name *r, void *arg)
{
	struct mk_arg *a = arg;
	struct node *n;
	int err = name_is_new(r, false);

	if (err)
		return err;
	if (r->mnt)
		return notify_made(r, false, host_symlink(r, a->text, a->len));
	n = node_new_in(r->dir, S_IFLNK | 0777);
	if (n) {
		n->target = kstrndup(a->text, a->len);
		n->size = a->len;
		if (!n->target) {
			n->size = 0;
			node_put(n);
			return -ENOMEM;
		}
	}
	return notify_made(r, false, add(r, n));
}

long sys_symlinkat(u64 utarget, u64 dfd, u64 path)
{
	char target[FS_PATH_MAX];
	struct mk_arg a = { .text = target };
	long len = strncpy_from_user(target, utarget, sizeof(target));

	if (len <= 0)
		return len ? len : -ENOENT;
	a.len = len;
	return at_path(dfd, path, W_PARENT | W_NEW, do_symlink, &a);
}

long sys_symlink(u64 target, u64 path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

static long do_link(struct name *old, struct name *new, void *arg)
{
	struct node *n = old->file ? old->file->node : old->node;
	int err = name_is_new(new, false);

	(void)arg;
	if (err)
		return name_verdict(old, err);
	if (old->mnt && new->mnt)
		return old->mnt == new->mnt ? notify_linked(old, new, host_link(old, new)) : -EXDEV;
	if (old->mnt || new->mnt || !n || n->fs != new->dir->fs)
		return -EXDEV;
	if (is_dir(n))
		return -EPERM;
	if (!n->nlink && (!old->file || n->nameless))
		return -ENOENT;
	err = dir_add(new->dir, new->last, new->len, n);
	if (!err)
		node_now(n, 0);
	return notify_linked(old, new, err);
}

static long link_empty(struct name *new, void *arg)
{
	struct name old = { .handle = -1, .file = arg };

	if (old.file->mnt)
		return -EXDEV;		/* the host links by name only */
	return do_link(&old, new, NULL);
}

long sys_linkat(u64 odfd, u64 oldp, u64 ndfd, u64 newp, u64 flags)
{
	struct file *f;
	u32 follow;
	char first;

	if ((u32)flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (get_user(first, oldp))
			return -EFAULT;
		f = fd_peek(odfd);
		if (!first)
			return f ? at_path(ndfd, newp, W_PARENT | W_NEW, link_empty, f) : -EBADF;
	}
	/* The host's request never follows: below a grant the link is resolved here. */
	follow = flags & AT_SYMLINK_FOLLOW ? W_FOLLOW | W_MAGIC | W_SLOW : 0;
	return at_paths(odfd, oldp, follow, ndfd, newp, W_PARENT | W_NEW, do_link, NULL);
}

long sys_link(u64 oldp, u64 newp)
{
	return sys_linkat(AT_FDCWD, oldp, AT_FDCWD, newp, 0);
}

/* ---- removing ---- */

static long remove_on_host(struct name *r, bool dir)
{
	struct notify_place p;

	notify_look(r, &p);
	return notify_removed(r, &p, host_unlink(r, dir));
}

static long remove_in_tree(struct name *r)
{
	struct notify_place p;

	notify_look(r, &p);
	dir_remove(r->dir, r->last, r->len);
	return notify_removed(r, &p, 0);
}

static long unlink_host(struct name *r)
{
	struct mvm_stat st;
	long err;

	if (!r->slash)
		return remove_on_host(r, false);
	err = host_stat(r->handle, r->rel, r->last + r->len - r->rel, true, &st);
	if (err)
		return err;
	return S_ISDIR(st.mode) ? -EISDIR : -ENOTDIR;
}

static long do_unlink(struct name *r, void *arg)
{
	(void)arg;
	if (r->type != LAST_NAME)
		return name_verdict(r, -EISDIR);
	if (r->mnt)
		return unlink_host(r);
	if (!r->node)
		return name_check(r) ? -ENAMETOOLONG : -ENOENT;
	if (r->slash)
		return is_dir(r->node) ? -EISDIR : -ENOTDIR;
	if (is_dir(r->node))
		return -EISDIR;
	return remove_in_tree(r);
}

static long do_rmdir(struct name *r, void *arg)
{
	(void)arg;
	switch (r->type) {
	case LAST_DOT:
		return name_verdict(r, -EINVAL);
	case LAST_DOTDOT:
		return name_verdict(r, -ENOTEMPTY);
	case LAST_ROOT:
		return -EBUSY;
	default:
		break;
	}
	if (r->mnt)
		return remove_on_host(r, true);
	if (!r->node)
		return name_check(r) ? -ENAMETOOLONG : -ENOENT;
	if (!is_dir(r->node))
		return -ENOTDIR;
	if (r->node->mounted || is_ramfs_root(r->node))
		return -EBUSY;
	if (!dir_empty(r->node))
		return -ENOTEMPTY;
	return remove_in_tree(r);
}

long sys_unlinkat(u64 dfd, u64 path, u64 flags)
{
	if ((u32)flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return at_path(dfd, path, W_PARENT, flags & AT_REMOVEDIR ? do_rmdir : do_unlink, NULL);
}

long sys_unlink(u64 path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(u64 path)
{
	return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* ---- readlink ---- */

struct readlink_arg { char *buf; };

static long node_readlink(struct node *n, char *buf)
{
	if (!S_ISLNK(n->mode))
		return -EINVAL;
	if (n->ops)
		return n->ops->link(n, buf);
	memcpy(buf, n->target, n->size);
	node_atime(n);
	return n->size;
}

static long do_readlink(struct name *r, void *arg)
{
	struct readlink_arg *a = arg;

	if (r->mnt && (r->slash || r->type != LAST_NAME))
		return name_verdict(r, -EINVAL);
	if (r->mnt)
		return host_readlink(r->handle, r->rel, r->rel_len, a->buf, FS_PATH_MAX);
	return node_readlink(r->node, a->buf);
}

/* A link that was opened by O_PATH | O_NOFOLLOW. */
static long readlink_file(struct file *f, char *buf)
{
	long len;

	if (f->node)
		return S_ISLNK(f->node->mode) ? node_readlink(f->node, buf) : -ENOENT;
	if (!f->mnt || !(f->flags & O_PATH))
		return -ENOENT;
	len = host_readlink(f->mnt->handle, f->rel, strlen(f->rel), buf, FS_PATH_MAX);
	return len == -EINVAL ? -ENOENT : len;
}

long sys_readlinkat(u64 dfd, u64 path, u64 ubuf, u64 size)
{
	char buf[FS_PATH_MAX], first;
	struct readlink_arg a = { .buf = buf };
	struct file *f;
	long len;

	if ((int)size <= 0)
		return -EINVAL;
	if (get_user(first, path))
		return -EFAULT;
	if (first) {
		len = at_path(dfd, path, 0, do_readlink, &a);
	} else {
		f = fd_peek(dfd);
		if (!f)
			return (int)dfd == AT_FDCWD ? -ENOENT : -EBADF;
		len = readlink_file(f, buf);
	}
	if (len < 0)
		return len;
	len = MIN(len, (long)(int)size);
	return copy_to_user(ubuf, buf, len) ? -EFAULT : len;
}

long sys_readlink(u64 path, u64 buf, u64 size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}
