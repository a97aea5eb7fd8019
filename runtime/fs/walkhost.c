/* SPDX-License-Identifier: MIT */
/*
 * The slow way below a grant: component by component, with the host asked for each symbolic
 * link, so that "..", absolute links and links out of the grant mean in the guest's name space
 * what they say.  The path that comes out is free of links; the host still resolves it beneath
 * the grant, whatever changes meanwhile.
 *
 * The last component is not asked for where the request itself sees that it is a link (W_LATER):
 * most are none, and then that request is the only one.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include "fs/walk.h"

/*
 * Directories that turned out to be no links need not be asked for again: below a grant with
 * covers, which a root is, every path goes this way.  What others change on the host may be missed,
 * and then the host follows the link, beneath the grant as ever.  A hash is enough: who finds two
 * paths with the same 64 bits deceives only himself.
 */
#define KNOWN_MAX	1024U

static u64 *known;
static u64 known_age;

void walk_forget(void)
{
	known_age++;
}

/* The entry for the path at which w stands, and what it holds when that is known to be no link. */
static u64 *known_slot(const struct walker *w, u64 *key)
{
	u64 h = 14695981039346656037UL ^ (u64)w->mnt ^ known_age << 48;

	if (!known)
		known = kzalloc(KNOWN_MAX * sizeof(*known));
	for (u32 i = 0; i < w->prefix_len; i++)
		h = (h ^ (u8)w->prefix[i]) * 1099511628211UL;
	*key = h;
	return known ? &known[(h ^ h >> 32) % KNOWN_MAX] : NULL;
}

/* The link at which w stands, as host_readlink(); -EINVAL for what is none. */
static long read_link(struct walker *w, char *text)
{
	u64 key, *slot = known_slot(w, &key);
	long got;

	if (slot && *slot == key)
		return -EINVAL;
	got = host_readlink(w->mnt->handle, w->prefix, w->prefix_len, text, FS_PATH_MAX);
	if (slot && got == -EINVAL)
		*slot = key;
	return got;
}

static struct mount *child_at(struct walker *w)
{
	for (struct mount *m = fs_mounts; w->mnt->children && m; m = m->next)
		if (m->parent == w->mnt && strlen(m->rel) == w->prefix_len &&
		    !memcmp(m->rel, w->prefix, w->prefix_len))
			return cover_stands(m) ? m : NULL;
	return NULL;
}

/* Is anything mounted below where w stands? */
static bool above_child(const struct walker *w)
{
	for (const struct mount *m = fs_mounts; w->mnt->children && m; m = m->next)
		if (m->parent == w->mnt && strlen(m->rel) > w->prefix_len &&
		    !memcmp(m->rel, w->prefix, w->prefix_len) && m->rel[w->prefix_len] == '/')
			return true;
	return false;
}

/* Into the tree, which shows in this place: comp, with what follows it, is looked up there. */
static int enter_cover(struct walker *w, const struct mount *cover, const char *comp)
{
	struct node *dir = cover_dir(cover);

	if (!dir)
		return -ENOMEM;
	walk_to_node(w, dir);
	w->path = comp;
	return WALK_ON;
}

static int push(struct walker *w, const char *comp, u32 len)
{
	if (w->prefix_len + len + 2 > FS_PATH_MAX)
		return -ENAMETOOLONG;
	if (w->prefix_len)
		w->prefix[w->prefix_len++] = '/';
	memcpy(w->prefix + w->prefix_len, comp, len);
	w->prefix_len += len;
	w->prefix_dir = false;
	return 0;
}

static void pop(struct walker *w)
{
	while (w->prefix_len && w->prefix[w->prefix_len - 1] != '/')
		w->prefix_len--;
	if (w->prefix_len)
		w->prefix_len--;
	w->prefix_dir = true;
}

static int need_prefix(struct walker *w)
{
	if (!w->prefix)
		w->prefix = kmalloc(WALK_PREFIX);
	return w->prefix ? 0 : -ENOMEM;
}

static void stand_at(struct walker *w, struct mount *m, const char *rel)
{
	w->mnt = m;
	w->prefix_len = strlen(rel);
	memcpy(w->prefix, rel, w->prefix_len);
	pop(w);
}

int walk_out(struct walker *w, const struct mount *cover)
{
	if (need_prefix(w))
		return -ENOMEM;
	walk_to_node(w, NULL);
	w->base = NULL;
	stand_at(w, cover->parent, cover->rel);
	return 0;
}

/* "..": 0, WALK_ON when that left the grant for the tree, or -ENOTDIR for file/.. */
static int up(struct walker *w)
{
	struct mvm_stat st;
	long err;

	if (w->prefix_len) {
		/* The directory that the walk started from may have been removed meanwhile. */
		if (!w->prefix_dir) {
			err = host_stat(w->mnt->handle, w->prefix, w->prefix_len, true, &st);
			if (err)
				return err;
			if (!S_ISDIR(st.mode))
				return -ENOTDIR;
		}
		pop(w);
		return 0;
	}
	if (w->mnt->parent) {
		stand_at(w, w->mnt->parent, w->mnt->rel);
		return 0;
	}
	if (w->mnt->point == fs_root)
		return 0;
	walk_to_node(w, node_get(w->mnt->point->parent));
	return WALK_ON;
}

/* Comp, which may be a link.  0: pushed or expanded; WALK_ON: the link leads to the root. */
static int name(struct walker *w, const char *comp, u32 len, bool slash)
{
	bool last = !*w->path;
	u32 dir_len = w->prefix_len;
	struct mount *child;
	char *text;
	long got;
	int err;

	err = push(w, comp, len);
	if (err)
		return err;
	child = child_at(w);
	if (child) {
		if (last && w->flags & W_PARENT)
			return w->flags & W_NEW ? -EEXIST : -EBUSY;
		if (child->cover)
			return enter_cover(w, child, comp);
		w->mnt = child;
		w->prefix_len = 0;
		return 0;
	}
	if (last && !(w->flags & W_FOLLOW || (slash && !(w->flags & W_PARENT))))
		return 0;
	if (last && !slash && w->flags & W_LATER) {
		w->unsure = true;
		return 0;
	}
	text = kmalloc(FS_PATH_MAX);
	if (!text)
		return -ENOMEM;
	got = read_link(w, text);
	if (last && slash && w->flags & W_OCREAT && got != -ENOTDIR) {
		err = -EISDIR;
	} else if (got >= 0) {
		w->prefix_len = dir_len;
		w->prefix_dir = true;
		err = walk_expand(w, text, got, last && slash);
		if (!err && w->node)
			err = WALK_ON;
	} else if (got == -ENOENT) {
		/* Nothing is there: the request will say so, unless nothing need be there. */
		err = (last ? w->flags & (W_MISSING | W_PARENT) : above_child(w)) ? 0 : got;
	} else if (got != -EINVAL) {
		err = got;
	}
	kfree(text);
	return err;
}

static int walk_on(struct walker *w, struct name *r)
{
	enum last type = LAST_ROOT;
	bool slash = false;
	int err;

	while (*w->path) {
		const char *comp;
		u32 len = walk_component(&w->path, &comp, &slash);

		type = walk_type(comp, len);
		if (len > FS_NAME_MAX && (*w->path || !(w->flags & W_PARENT)))
			err = -ENAMETOOLONG;
		else if (type == LAST_DOT)
			err = 0;
		else if (type == LAST_DOTDOT)
			err = up(w);
		else
			err = name(w, comp, len, slash);
		if (err)
			return err;
	}
	/* What a slash or "/." follows must be a directory: the host is to see it. */
	if ((slash || type == LAST_DOT) && w->prefix_len)
		w->prefix[w->prefix_len++] = '/';
	w->prefix[w->prefix_len] = 0;
	r->mnt = w->mnt;
	r->handle = w->mnt->handle;
	r->rel = w->prefix;
	r->rel_len = w->prefix_len;
	r->slow = true;
	r->unsure = w->unsure;
	walk_split(r);
	if (type != LAST_NAME)
		r->type = type;
	return 0;
}

/* Makes f->rel free of links, so that ".." and getcwd can go by it. */
int walk_canon(struct file *f)
{
	struct walker w = { .flags = W_FOLLOW | W_SLOW, .mnt = f->mnt, .path = f->rel };
	struct name r = { .handle = -1 };
	char *rel;
	int err;

	if (f->canon)
		return 0;
	w.prefix = kmalloc(WALK_PREFIX);
	if (!w.prefix)
		return -ENOMEM;
	err = walk_on(&w, &r);
	if (!err && w.mnt == f->mnt) {
		if (w.prefix_len && w.prefix[w.prefix_len - 1] == '/')
			w.prefix_len--;
		rel = kstrndup(w.prefix, w.prefix_len);
		if (rel) {
			kfree(f->rel);
			f->rel = rel;
			f->canon = true;
		} else {
			err = -ENOMEM;
		}
	} else if (!err || err == WALK_ON) {
		err = -ENOENT;		/* the directories were exchanged for links meanwhile */
	}
	node_put(w.node);
	kfree(w.buf);
	kfree(w.prefix);
	return err;
}

int walk_host(struct walker *w, struct name *r)
{
	int err;

	if (need_prefix(w))
		return -ENOMEM;
	if (w->base) {
		err = walk_canon(w->base);
		if (err)
			return err;
		w->prefix_len = strlen(w->base->rel);
		if (w->prefix_len >= FS_PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(w->prefix, w->base->rel, w->prefix_len);
		w->prefix_dir = true;
		w->base = NULL;
	}
	return walk_on(w, r);
}
