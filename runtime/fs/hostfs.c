/* SPDX-License-Identifier: MIT */
/*
 * Requests about names below a grant, one hypercall each, and the mounting of grants.  What is
 * open there is hostfile.c's and hostdir.c's.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include "fs/walk.h"
#include <linux/fs.h>

struct mount *fs_mounts;

/* Without the right to change anything a grant is a read-only file system to the program. */
static long read_only(const struct mount *m, long res)
{
	if (res == -EACCES && !(m->rights & (MVM_RIGHT_WRITE | MVM_RIGHT_CREATE)))
		return -EROFS;
	return res;
}

static void put_path(struct mvm_sqe *e, const char *rel, u32 len)
{
	e->addr.v = va_to_gpa(rel);
	e->len = len;
}

/* A name to be made or removed goes without the slashes behind it. */
static u32 bare_len(const struct name *r)
{
	return r->last + r->len - r->rel;
}

/* -EINVAL: not a symbolic link. */
long host_readlink(s32 handle, const char *rel, u32 len, char *buf, u32 size)
{
	struct mvm_sqe e = { .op = MVM_OP_READLINK, .handle = handle,
			     .addr2.v = va_to_gpa(buf), .len2 = size };

	if (!len)
		return -EINVAL;
	put_path(&e, rel, len);
	return hyper(&e, NULL);
}

/* The result of making a name: what is there already, the kernel sees before that it may not. */
static long made(const struct name *r, long res)
{
	long err = 0;

	res = read_only(r->mnt, res);
	if (res == -EROFS)
		err = name_could_make(r);
	return err ? err : res;
}

long host_mkdir(struct name *r, u32 mode)
{
	struct mvm_sqe e = { .op = MVM_OP_MKDIR, .handle = r->handle, .arg = mode };

	put_path(&e, r->rel, bare_len(r));
	return made(r, hyper(&e, NULL));
}

long host_unlink(struct name *r, bool dir)
{
	struct mvm_sqe e = { .op = MVM_OP_UNLINK, .handle = r->handle, .arg = dir };

	put_path(&e, r->rel, bare_len(r));
	return read_only(r->mnt, hyper(&e, NULL));
}

/* Regular files only: a grant never holds devices, and pipes end at the VM's border. */
long host_mknod(struct name *r, u32 mode)
{
	struct file *f;
	long err;

	if (!S_ISREG(mode))
		return -EPERM;
	f = file_new(O_RDONLY);
	if (!f)
		return -ENOMEM;
	err = host_open(r, O_RDONLY | O_CREAT | O_EXCL, mode & 01777, f);
	file_put(f);
	return err;
}

long host_symlink(struct name *r, const char *target, u32 len)
{
	struct mvm_sqe e = { .op = MVM_OP_SYMLINK, .handle = r->handle,
			     .addr2.v = va_to_gpa(target), .len2 = len };

	put_path(&e, r->rel, r->rel_len);
	walk_forget();
	return made(r, hyper(&e, NULL));
}

static long two_names(u16 op, struct name *a, struct name *b, u32 flags)
{
	struct mvm_sqe e = { .op = op, .handle = a->handle, .off = (u64)(s64)b->handle,
			     .addr2.v = va_to_gpa(b->rel), .len2 = bare_len(b), .arg = flags };

	put_path(&e, a->rel, bare_len(a));
	walk_forget();
	return read_only(a->mnt, hyper(&e, NULL));
}

long host_rename(struct name *a, struct name *b, u32 flags)
{
	bool watched = host_before_rename(a->mnt);
	long err = two_names(MVM_OP_RENAME, a, b, flags);

	if (!err && watched)
		host_after_rename(a, b, flags & RENAME_EXCHANGE);
	return err;
}

long host_link(struct name *a, struct name *b)
{
	long err;

	/* A directory never succeeds and does not get as far as the request. */
	if (a->type != LAST_NAME || a->slash) {
		err = name_exists(a, true);
		if (!err)
			err = name_could_make(b);
		return err ? err : -EPERM;
	}
	err = two_names(MVM_OP_LINK, a, b, 0);
	/* The host looks at both directories before it looks at the first name. */
	return err && err != -EXDEV && err != -ELOOP ? name_verdict(a, err) : err;
}

/* ---- opening ---- */

/* O_APPEND goes with each write: fcntl changes it, and the host's descriptor would keep it. */
static u64 open_flags(u32 flags)
{
	static const struct { u32 from, to; } map[] = {
		{ O_CREAT, MVM_O_CREATE }, { O_EXCL, MVM_O_EXCL }, { O_TRUNC, MVM_O_TRUNC },
		{ O_DIRECTORY, MVM_O_DIRECTORY },
		{ O_NOFOLLOW, MVM_O_NOFOLLOW }, { O_TMPFILE, MVM_O_TMPFILE },
		{ O_SYNC, MVM_O_SYNC }, { O_DSYNC, MVM_O_DSYNC },
	};
	u64 to = 0;

	if (flags & O_PATH)
		to = MVM_O_PATH;
	else if ((flags & O_ACCMODE) == O_RDONLY)
		to = MVM_O_READ;
	else if ((flags & O_ACCMODE) == O_WRONLY)
		to = MVM_O_WRITE;
	else
		to = MVM_O_READ | MVM_O_WRITE;
	for (u32 i = 0; i < ARRAY_SIZE(map); i++)
		if ((flags & map[i].from) == map[i].from)
			to |= map[i].to;
	return to;
}

static long request_open(struct file *f, s32 handle, const char *rel, u32 len, u32 flags, u32 mode)
{
	char dot[] = ".";		/* a constant lies where the host does not see it */
	struct mvm_stat st = { 0 };
	struct mvm_sqe e = { .op = MVM_OP_OPEN, .handle = handle,
			     .arg = open_flags(flags) | (u64)mode << 32,
			     .addr2.v = va_to_gpa(&st), .len2 = sizeof(st) };
	u64 out[2];
	long res;

	put_path(&e, len ? rel : dot, len ? len : 1);
	res = hyper(&e, out);
	if (res < 0)
		return res;
	f->handle = res;
	f->kind = (u32)out[0];
	f->rights = out[0] >> 32;
	f->dev = st.dev;
	f->ino = st.ino;
	f->ops = f->kind == MVM_KIND_DIR ? &host_dir_ops : &host_file_ops;
	if (S_ISLNK(st.mode))
		f->ops = &host_link_ops;
	host_file_opened(f, &st);
	return 0;
}

/* The path of what was opened, from the mount's root: for ".." and getcwd later on. */
static char *rel_of(const struct file *base, const char *rel, u32 len)
{
	u32 head = base ? strlen(base->rel) : 0;
	char *s;

	while (len && rel[len - 1] == '/')
		len--;
	s = kmalloc(head + len + 2);
	if (!s)
		return NULL;
	if (head)
		memcpy(s, base->rel, head);
	if (head && len)
		s[head++] = '/';
	memcpy(s + head, rel, len);
	s[head + len] = 0;
	return s;
}

/* O_CREAT where nothing can be made: what is there can still be opened to be read. */
static long open_made(const struct name *r, u32 flags, struct file *f)
{
	long err;

	if (flags & O_EXCL) {
		err = name_could_make(r);
		return err ? err : -EROFS;
	}
	if ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC)
		return -EROFS;
	err = request_open(f, r->handle, r->rel, r->rel_len, flags & ~O_CREAT, 0);
	return err == -ENOENT ? name_exists(r, false) ?: -EROFS : err;
}

int host_open(struct name *r, u32 flags, u32 mode, struct file *f)
{
	long err;

	/* A file cannot be made there; the kernel says so before it looks what is there. */
	if (flags & O_CREAT && (r->slash || r->type != LAST_NAME)) {
		err = name_exists(r, r->type != LAST_NAME);
		return err ? err : flags & O_EXCL && r->type != LAST_NAME ? -EEXIST : -EISDIR;
	}
	f->rel = rel_of(r->start, r->rel, r->rel_len);
	if (!f->rel)
		return -ENOMEM;
	f->mnt = r->mnt;
	f->canon = !*f->rel || r->slow;
	err = read_only(r->mnt, request_open(f, r->handle, r->rel, r->rel_len, flags, mode));
	if (err == -EROFS && flags & O_CREAT)
		err = open_made(r, flags, f);
	if (err)
		f->handle = -1;
	return err;
}

int host_reopen(struct file *old, u32 flags, struct file *f)
{
	long err;

	f->rel = kstrndup(old->rel, strlen(old->rel));
	if (!f->rel)
		return -ENOMEM;
	f->mnt = old->mnt;
	f->canon = old->canon;
	err = request_open(f, old->mnt->handle, f->rel, strlen(f->rel), flags & ~O_NOFOLLOW, 0);
	if (!err && (f->ino != old->ino || f->dev != old->dev))
		err = -ENOENT;		/* the name is another file's by now */
	return err;
}

/* ---- mounts ---- */

/* The grant or cover that path lies below, not at; the deepest one. */
static struct mount *mount_above(const char *path, const char **rest)
{
	struct mount *best = NULL;
	u32 best_len = 0;

	for (struct mount *m = fs_mounts; m; m = m->next) {
		u32 len = m->path[1] ? strlen(m->path) : 0;

		if (len >= best_len && !memcmp(path, m->path, MIN(len, strlen(path))) &&
		    path[len] == '/') {
			best = m;
			best_len = len;
			*rest = path + len + 1;
		}
	}
	return best;
}

void host_cover(const char *path)
{
	const char *rest;
	struct mount *above = mount_above(path, &rest);

	if (above && !above->cover)
		cover_with(above, path);
}

void host_mount(const struct mvm_grant *g)
{
	const char *path = (const char *)boot + g->path_off, *rest;
	/* Nothing is above the root, which comes first. */
	struct mount *m = kzalloc(sizeof(*m)), *above = mount_above(path, &rest);

	if (!m)
		rt_panic("no memory to mount %s", path);
	m->handle = g->handle;
	m->rights = g->rights;
	m->path = path;
	if (above && !above->cover) {
		m->parent = above;
		m->rel = kstrndup(rest, strlen(rest));
		above->children++;
	} else {
		m->point = tree_mkdirs(path);
		if (!m->point || m->point->mounted) {
			rt_log("cannot mount a directory at %s", path);
			kfree(m);
			return;
		}
		m->point->mounted = m;
	}
	m->next = fs_mounts;
	fs_mounts = m;
	if (m->point == fs_root)
		cover_root(m);
}
