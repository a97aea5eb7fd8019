/* SPDX-License-Identifier: MIT */
/*
 * What a rename below a grant means for the directories that are open there: the path by which
 * each is known (for ".." and getcwd) moves with it.  The host's handles follow by themselves.
 * Renames that others make on the host are not seen.
 */
#include "fs/vfs.h"
#include "fs/host.h"

typedef int (*dir_fn)(struct file *f, void *arg);

/* Calls fn for each open directory below the root of m, until it fails. */
static int each_dir(const struct mount *m, dir_fn fn, void *arg)
{
	struct file *f = cwd_file();
	int err, fd = -1;

	do {
		if (f && f->mnt == m && f->kind == MVM_KIND_DIR && *f->rel) {
			err = fn(f, arg);
			if (err)
				return err;
		}
		fd = fd_next(fd + 1);
		f = fd < 0 ? NULL : fd_peek(fd);
	} while (fd >= 0);
	return 0;
}

static int canon(struct file *f, void *arg)
{
	*(bool *)arg = true;
	/* One that cannot be found any more has lost its path already. */
	walk_canon(f);
	return 0;
}

bool host_before_rename(const struct mount *m)
{
	bool any = false;

	each_dir(m, canon, &any);
	return any;
}

/* The path of r from the grant's root, free of links in its directories; NULL: out of memory. */
static char *path_from_root(const struct name *r)
{
	u32 up = r->last - r->rel, base = r->start ? strlen(r->start->rel) : 0, len;
	struct file dir = { .mnt = r->mnt, .canon = r->slow };
	char *path;

	dir.rel = kmalloc(base + up + 2);
	if (!dir.rel)
		return NULL;
	len = base;
	if (base)
		memcpy(dir.rel, r->start->rel, base);
	if (base && up)
		dir.rel[len++] = '/';
	memcpy(dir.rel + len, r->rel, up);
	len += up;
	while (len && dir.rel[len - 1] == '/')
		len--;
	dir.rel[len] = 0;
	path = walk_canon(&dir) ? NULL : kmalloc(strlen(dir.rel) + r->len + 2);
	if (path) {
		len = strlen(dir.rel);
		memcpy(path, dir.rel, len);
		if (len)
			path[len++] = '/';
		memcpy(path + len, r->last, r->len);
		path[len + r->len] = 0;
	}
	kfree(dir.rel);
	return path;
}

struct move { const char *from, *to; bool exchange; };

/* When f lies at or below from: its path with to in that place. */
static bool replace(struct file *f, const char *from, const char *to)
{
	u32 from_len = strlen(from), to_len = strlen(to), rest;
	char *rel;

	if (strncmp(f->rel, from, from_len) || (f->rel[from_len] && f->rel[from_len] != '/'))
		return false;
	rest = strlen(f->rel + from_len);
	rel = kmalloc(to_len + rest + 1);
	if (rel) {
		memcpy(rel, to, to_len);
		memcpy(rel + to_len, f->rel + from_len, rest + 1);
		kfree(f->rel);
		f->rel = rel;
	}
	return true;
}

static int move(struct file *f, void *arg)
{
	const struct move *m = arg;

	if (!f->moved && (replace(f, m->from, m->to) ||
			  (m->exchange && replace(f, m->to, m->from))))
		f->moved = true;	/* it may be found again under another descriptor */
	return 0;
}

static int settle(struct file *f, void *arg)
{
	(void)arg;
	f->moved = false;
	return 0;
}

void host_after_rename(const struct name *a, const struct name *b, bool exchange)
{
	struct move m = { .exchange = exchange };
	char *from = path_from_root(a), *to = path_from_root(b);

	m.from = from;
	m.to = to;
	if (from && to) {
		each_dir(a->mnt, move, &m);
		each_dir(a->mnt, settle, NULL);
	}
	kfree(from);
	kfree(to);
}
