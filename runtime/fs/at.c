/* SPDX-License-Identifier: MIT */
/*
 * The frame of the calls that take a directory descriptor and a path: from the program's
 * memory to the end of the walk, and the second, slower walk where the host asks for it.
 */
#include "fs/vfs.h"

/* The path from the program.  Length or -errno (ENOENT for an empty one). */
static long path_in(char *path, u64 upath)
{
	long n = strncpy_from_user(path, upath, FS_PATH_MAX);

	return n ? n : -ENOENT;
}

int base_get(u64 dfd, const char *path, struct file **base)
{
	struct file *f;

	*base = NULL;
	if (*path == '/' || (int)dfd == AT_FDCWD)
		return 0;
	f = fd_peek(dfd);
	if (!f)
		return -EBADF;
	if (f->node ? !is_dir(f->node) : f->kind != MVM_KIND_DIR)
		return -ENOTDIR;
	file_ref(f);
	*base = f;
	return 0;
}

long at_kpath(struct file *base, const char *path, u32 wflags, name_fn fn, void *arg)
{
	struct name r;
	bool again;
	long res;

	do {
		res = walk(base, path, wflags, &r);
		if (res)
			return res;
		res = fn(&r, arg);
		again = walk_again(res, &r);
		name_done(&r);
		wflags = (wflags | W_SLOW) & ~W_LATER;
	} while (again);
	return res;
}

long at_path(u64 dfd, u64 upath, u32 wflags, name_fn fn, void *arg)
{
	char path[FS_PATH_MAX];
	struct file *base;
	long res = path_in(path, upath);

	if (res < 0)
		return res;
	res = base_get(dfd, path, &base);
	if (res)
		return res;
	res = at_kpath(base, path, wflags, fn, arg);
	file_put(base);
	return res;
}

/* One path of the two: the descriptor it starts from and the walk. */
struct half {
	u64 dfd, upath;
	u32 wflags;
	struct file *base;
	char path[FS_PATH_MAX];
};

static long walk_half(struct half *h, struct name *r)
{
	long res = path_in(h->path, h->upath);

	if (res < 0)
		return res;
	res = base_get(h->dfd, h->path, &h->base);
	if (res)
		return res;
	res = walk(h->base, h->path, h->wflags, r);
	if (res) {
		file_put(h->base);
		h->base = NULL;
	}
	return res;
}

static void half_done(struct half *h, struct name *r)
{
	name_done(r);
	file_put(h->base);
	h->wflags |= W_SLOW;
}

long at_paths(u64 dfd1, u64 upath1, u32 w1, u64 dfd2, u64 upath2, u32 w2, name2_fn fn, void *arg)
{
	struct half h1, h2;
	struct name a, b;
	bool again;
	long res;

	h1.dfd = dfd1;
	h1.upath = upath1;
	h1.wflags = w1;
	h2.dfd = dfd2;
	h2.upath = upath2;
	h2.wflags = w2;
	do {
		res = walk_half(&h1, &a);
		if (res)
			return res;
		res = walk_half(&h2, &b);
		if (res) {
			/* The first path's error comes first, if it has one too. */
			long first = name_exists(&a, !(w1 & W_PARENT));

			again = walk_again(first, &a);
			half_done(&h1, &a);
			if (again)
				continue;
			return first ? first : res;
		}
		res = fn(&a, &b, arg);
		again = walk_again(res, &a) || walk_again(res, &b);
		half_done(&h1, &a);
		half_done(&h2, &b);
	} while (again);
	return res;
}

/* Writes the path backwards from the end of buf; NULL when it does not fit. */
static char *prepend(char *buf, char *end, const char *name, u32 len)
{
	if ((u64)(end - buf) < len + 1UL)
		return NULL;
	end -= len;
	memcpy(end, name, len);
	*--end = '/';
	return end;
}

static char *prepend_node(char *buf, char *end, const struct node *n)
{
	const char *name;
	u32 len;

	for (; end && n != fs_root; n = n->parent) {
		name = node_name(n, &len);
		if (!name)
			return NULL;
		end = prepend(buf, end, name, len);
	}
	return end;
}

static char *prepend_mount(char *buf, char *end, const struct mount *m)
{
	for (; end && m->parent; m = m->parent)
		end = prepend(buf, end, m->rel, strlen(m->rel));
	return end ? prepend_node(buf, end, m->point) : NULL;
}

/* -ENOENT: the directory was removed, or the path does not fit in size. */
long path_of(struct file *f, char *buf, size_t size)
{
	char *end = buf + size - 1, *at = end;
	long len;

	*end = 0;
	if (f->mnt) {
		if (*f->rel)
			at = prepend(buf, at, f->rel, strlen(f->rel));
		at = at ? prepend_mount(buf, at, f->mnt) : NULL;
	} else {
		at = prepend_node(buf, at, f->node);
	}
	if (at == end)
		at = prepend(buf, at, "", 0);
	if (!at)
		return -ENOENT;
	len = end - at;
	memmove(buf, at, len + 1);
	return len;
}
