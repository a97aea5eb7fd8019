/* SPDX-License-Identifier: MIT */
/* rename(2), renameat(2), renameat2(2). */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include <linux/fs.h>

/* Is a the directory n itself or one that n lies below? */
static bool is_above(const struct node *a, const struct node *n)
{
	for (; n != a; n = n->parent)
		if (n == fs_root || n->parent == n)
			return false;
	return true;
}

/* Something is mounted on it, or it on something. */
static bool busy(const struct node *n)
{
	return n->mounted || (is_dir(n) && (n->cover || is_ramfs_root(n)));
}

/* The order of these checks is the kernel's: it decides which error a program sees. */
static int check(struct name *old, struct name *new, u32 flags)
{
	struct node *a = old->node, *b = new->node;

	if (!a)
		return name_check(old) ? -ENAMETOOLONG : -ENOENT;
	if (name_check(new))
		return -ENAMETOOLONG;
	if (flags & RENAME_NOREPLACE && b)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (!b)
			return -ENOENT;
		if (!is_dir(b) && new->slash)
			return -ENOTDIR;
	}
	if (!is_dir(a) && (old->slash || (!(flags & RENAME_EXCHANGE) && new->slash)))
		return -ENOTDIR;
	if (is_dir(a) && is_above(a, new->dir))
		return -EINVAL;
	if (b && is_dir(b) && is_above(b, old->dir))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (busy(a) || (b && busy(b)))
		return -EBUSY;
	if (a == b)
		return 0;
	if (b && !(flags & RENAME_EXCHANGE)) {
		if (is_dir(a) && !is_dir(b))
			return -ENOTDIR;
		if (!is_dir(a) && is_dir(b))
			return -EISDIR;
		if (is_dir(b) && !dir_empty(b))
			return -ENOTEMPTY;
	}
	return 0;
}

static long rename_in_tree(struct name *old, struct name *new, u32 flags)
{
	int err = check(old, new, flags);

	if (err || old->node == new->node)
		return err;
	if (flags & RENAME_EXCHANGE) {
		dir_exchange(old->dir, old->last, old->len, new->dir, new->last, new->len);
		return 0;
	}
	if (new->node) {
		dir_replace(new->dir, new->last, new->len, old->node);
	} else {
		err = dir_add(new->dir, new->last, new->len, old->node);
		if (err)
			return err;
	}
	dir_remove(old->dir, old->last, old->len);
	return 0;
}

static long stat_bare(const struct name *r, struct mvm_stat *st)
{
	return host_stat(r->handle, r->rel, r->last + r->len - r->rel, true, st);
}

/*
 * A slash behind a name means a directory.  The host's request takes names without slashes, so
 * that is found out here, in the order of check().
 */
static long check_slashes(struct name *old, struct name *new, u32 flags)
{
	struct mvm_stat a, b;
	long err = name_exists(old, false), missing;

	if (!err)
		err = name_exists(new, false);
	if (!err)
		err = stat_bare(old, &a);
	if (err)
		return err;
	missing = stat_bare(new, &b);
	if (missing && missing != -ENOENT)
		return missing;
	if (flags & RENAME_NOREPLACE && !missing)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE && missing)
		return -ENOENT;
	if (flags & RENAME_EXCHANGE && new->slash && !S_ISDIR(b.mode))
		return -ENOTDIR;
	if (!S_ISDIR(a.mode) && (old->slash || (!(flags & RENAME_EXCHANGE) && new->slash)))
		return -ENOTDIR;
	return 0;
}

static long rename_on_host(struct name *old, struct name *new, u32 flags)
{
	long err = 0;

	if (old->mnt != new->mnt)
		return -EXDEV;
	if (old->slash || new->slash)
		err = check_slashes(old, new, flags);
	return err ? err : host_rename(old, new, flags);
}

static long do_rename(struct name *old, struct name *new, void *arg)
{
	struct notify_place from, to;
	u32 flags = *(u32 *)arg;
	long err;

	if (!old->mnt != !new->mnt)
		return -EXDEV;
	if (old->dir && new->dir && old->dir->fs != new->dir->fs)
		return -EXDEV;
	if (old->type != LAST_NAME || new->type != LAST_NAME) {
		err = name_exists(old, old->type != LAST_NAME);
		if (!err)
			err = name_exists(new, new->type != LAST_NAME);
		if (err)
			return err;
		return old->type == LAST_NAME && flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	}
	notify_look(old, &from);
	notify_look(new, &to);
	err = old->mnt ? rename_on_host(old, new, flags) : rename_in_tree(old, new, flags);
	return notify_moved(old, &from, new, &to, flags & RENAME_EXCHANGE, err);
}

long sys_renameat2(u64 odfd, u64 oldp, u64 ndfd, u64 newp, u64 flags64)
{
	u32 flags = flags64;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    (flags & RENAME_NOREPLACE && flags & RENAME_EXCHANGE))
		return -EINVAL;
	return at_paths(odfd, oldp, W_PARENT, ndfd, newp, W_PARENT, do_rename, &flags);
}

long sys_renameat(u64 odfd, u64 oldp, u64 ndfd, u64 newp)
{
	return sys_renameat2(odfd, oldp, ndfd, newp, 0);
}

long sys_rename(u64 oldp, u64 newp)
{
	return sys_renameat2(AT_FDCWD, oldp, AT_FDCWD, newp, 0);
}
