/* SPDX-License-Identifier: MIT */
/* The lower layer of the tree: directories of the host that are changed in memory.  See lower.h. */
#include "fs/lower.h"
#include "fs/archive.h"
#include "fs/host.h"

#define LIST_PAGES	4U
#define OPEN_MAX	64U		/* files of the host that are kept open */

struct record { u64 ino; s64 off; u16 reclen; u8 type; char name[]; } __attribute__((packed));

static void fill(struct node *dir);
static const struct node_ops lower_dir = { .fill = fill };

/* ---- open files of the host ---- */

static struct lower recent = { .newer = &recent, .older = &recent };	/* the ends of the list */
static u32 open_count;

static void unlink_open(struct lower *l)
{
	l->newer->older = l->older;
	l->older->newer = l->newer;
}

static void link_newest(struct lower *l)
{
	l->newer = &recent;
	l->older = recent.older;
	recent.older->newer = l;
	recent.older = l;
}

static void close_file(struct lower *l)
{
	unlink_open(l);
	host_close(l->handle);
	l->handle = -1;
	open_count--;
}

/* A handle for what the path names; -errno. */
static long request_open(const struct lower *l, u32 flags)
{
	char dot[] = ".";		/* a constant lies where the host does not see it */
	struct mvm_sqe e = { .op = MVM_OP_OPEN, .handle = l->grant, .arg = flags,
			     .addr.v = va_to_gpa(l->len ? l->path : dot), .len = MAX(l->len, 1U) };

	return hyper(&e, NULL);
}

static int open_file(struct lower *l)
{
	long handle;

	if (l->handle >= 0) {
		unlink_open(l);
		link_newest(l);
		return 0;
	}
	if (open_count >= OPEN_MAX)
		close_file(recent.newer);
	handle = request_open(l, MVM_O_READ | MVM_O_NOFOLLOW);
	if (handle < 0)
		return (int)handle;
	l->handle = (s32)handle;
	link_newest(l);
	open_count++;
	return 0;
}

long lower_read(const struct node *n, struct io *io, u64 off)
{
	struct file f = { .kind = MVM_KIND_FILE };
	int err = open_file(n->lower);

	f.handle = n->lower->handle;
	return err ? err : host_transfer(&f, io, MVM_OP_READ, &off, false);
}

/* ---- nodes ---- */

void lower_free(struct node *n)
{
	if (n->lower->handle >= 0)
		close_file(n->lower);
	kfree(n->lower);
	n->lower = NULL;
}

/* The node is what the entry of above with this name is; of the grant itself, above is NULL. */
static void attach(struct node *n, s32 grant, const struct lower *above, const char *name, u32 len)
{
	u32 head = above && above->len ? above->len + 1 : 0;
	struct lower *l = kzalloc(sizeof(*l) + head + len);

	if (!l)
		rt_panic("no memory for a directory of the host (raise --mem)");
	l->grant = grant;
	l->handle = -1;
	l->len = head + len;
	if (head) {
		memcpy(l->path, above->path, above->len);
		l->path[head - 1] = '/';
	}
	memcpy(l->path + head, name, len);
	n->lower = l;
	if (is_dir(n))
		n->ops = &lower_dir;
}

static bool read_target(struct node *n)
{
	char buf[FS_PATH_MAX];
	long len = host_readlink(n->lower->grant, n->lower->path, n->lower->len, buf, sizeof(buf));

	n->target = len < 0 ? NULL : kstrndup(buf, len);
	n->size = n->target ? (u64)len : 0;
	return n->target;
}

static void take_attributes(struct node *n, const struct mvm_stat *st)
{
	n->mode = (n->mode & S_IFMT) | (st->mode & 07777);
	n->uid = st->uid;
	n->gid = st->gid;
	n->atime = (struct fs_time){ st->atime_sec, st->atime_nsec };
	n->mtime = (struct fs_time){ st->mtime_sec, st->mtime_nsec };
	n->ctime = (struct fs_time){ st->ctime_sec, st->ctime_nsec };
}

bool lower_know(struct node *n)
{
	struct lower *l = n->lower;
	struct mvm_stat st;

	if (l->known)
		return true;
	if (host_stat(l->grant, l->path, l->len, true, &st) || (st.mode ^ n->mode) & S_IFMT)
		return false;
	if (S_ISLNK(n->mode) && !read_target(n))
		return false;
	if (S_ISREG(n->mode))
		n->size = n->archive_len = st.size;
	take_attributes(n, &st);
	l->known = true;
	return true;
}

/* ---- directories ---- */

static u32 type_of(const struct lower *dir, const struct record *r)
{
	struct lower *l;
	struct mvm_stat st = { 0 };
	struct node n = { .mode = S_IFREG };

	if (r->type)
		return (u32)r->type << 12;
	attach(&n, dir->grant, dir, r->name, strlen(r->name));
	l = n.lower;
	host_stat(l->grant, l->path, l->len, true, &st);
	kfree(l);
	return st.mode & S_IFMT;
}

/*
 * The tree has own where the host has n: of two directories it shows what is in both, and otherwise
 * the host's counts.  True: own stays.
 */
static bool merge(struct node *own, struct node *n)
{
	const struct lower *l = n->lower;
	char path[FS_PATH_MAX];
	struct file at = { .node = own };
	struct mvm_stat st;

	if (path_of(&at, path, sizeof(path)) < 0 || tree_owns(path))
		return true;
	/* A link that leads nowhere is nothing, as resolv.conf often is. */
	if (!is_dir(own))
		return S_ISLNK(n->mode) && host_stat(l->grant, l->path, l->len, false, &st);
	if (!is_dir(n) || own->lower)
		return true;
	dir_empty(own);			/* what the tree has there is made first */
	own->lower = n->lower;
	n->lower = NULL;
	n->ops = NULL;
	lower_know(own);
	fill(own);
	return true;
}

static void enter(struct node *dir, const struct record *r)
{
	u32 len = strlen(r->name), type = type_of(dir->lower, r);
	struct node *own, *n;
	int err = 0;

	if ((r->name[0] == '.' && (len == 1 || (len == 2 && r->name[1] == '.'))) ||
	    type == S_IFCHR || type == S_IFBLK || !type)
		return;			/* devices: those of the runtime are all there are */
	n = node_new_in(dir, type | 0600);
	if (!n)
		rt_panic("no memory for a directory of the host (raise --mem)");
	attach(n, dir->lower->grant, dir->lower, r->name, len);
	own = dir_lookup(dir, r->name, len);
	if (!own)
		err = dir_add(dir, r->name, len, n);
	else if (!merge(own, n))
		dir_replace(dir, r->name, len, n);
	if (err)
		rt_panic("no memory for a directory of the host (raise --mem)");
	node_put(own);
	node_put(n);
}

/* The names of the host's directory become entries of dir. */
static void fill(struct node *dir)
{
	struct fs_time atime = dir->atime, mtime = dir->mtime, ctime = dir->ctime;
	char *buf = pages_alloc(LIST_PAGES, false);
	long handle = buf ? request_open(dir->lower, MVM_O_READ | MVM_O_DIRECTORY) : -ENOMEM;
	struct mvm_sqe e = { .op = MVM_OP_GETDENTS, .handle = (s32)handle, .off = MVM_OFF_CURRENT,
			     .addr.v = va_to_gpa(buf), .len = LIST_PAGES * MVM_PAGE_SIZE };
	long got;

	if (handle < 0)
		rt_log("a directory of the host cannot be read: error %ld", -handle);
	while (handle >= 0 && (got = hyper(&e, NULL)) > 0)
		for (long at = 0; at < got; at += ((struct record *)(buf + at))->reclen)
			enter(dir, (struct record *)(buf + at));
	if (handle >= 0)
		host_close((s32)handle);
	if (buf)
		pages_free(buf, LIST_PAGES);
	dir->atime = atime;
	dir->mtime = mtime;
	dir->ctime = ctime;
}

void lower_mount(const char *path, s32 grant)
{
	struct node *dir = tree_mkdirs(path);

	if (!dir || dir->lower) {
		rt_log("cannot show a directory at %s", path);
		node_put(dir);
		return;
	}
	dir_empty(dir);
	attach(dir, grant, NULL, "", 0);
	dir->ops = NULL;
	lower_know(dir);
	fill(dir);
	node_put(dir);
	host_cover(path);
}
