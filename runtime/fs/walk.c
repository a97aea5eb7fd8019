/* SPDX-License-Identifier: MIT */
/*
 * The path walk through the runtime's own tree, and the step into a grant.  Below a grant the
 * rest of the path goes to the host as it is (one request for one call); only when the host
 * says that it leads out of the grant, walkhost.c goes component by component.
 * Source: path_resolution(7).
 */
#include "fs/vfs.h"
#include "fs/walk.h"

struct file *fs_cwd;

/* Splits the first component off *path: its length; *path goes on behind it and its slashes. */
u32 walk_component(const char **path, const char **comp, bool *slash)
{
	const char *p = *path;
	u32 len;

	*comp = p;
	while (*p && *p != '/')
		p++;
	len = p - *comp;
	*slash = *p == '/';
	while (*p == '/')
		p++;
	*path = p;
	return len;
}

enum last walk_type(const char *comp, u32 len)
{
	if (len == 1 && comp[0] == '.')
		return LAST_DOT;
	if (len == 2 && comp[0] == '.' && comp[1] == '.')
		return LAST_DOTDOT;
	return LAST_NAME;
}

/*
 * Puts a symbolic link's text before what is left of the path.  slash: what followed the link
 * were slashes at the end, so that they count for its target.
 */
int walk_expand(struct walker *w, const char *text, u32 len, bool slash)
{
	u32 rest = strlen(w->path);
	char *buf;

	if (w->flags & W_NOLINKS || ++w->links > FS_LINKS_MAX)
		return -ELOOP;
	if (!len)
		return -ENOENT;
	buf = kmalloc(len + rest + 2);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, text, len);
	if (rest || slash)
		buf[len++] = '/';
	memcpy(buf + len, w->path, rest + 1);
	kfree(w->buf);
	w->buf = buf;
	w->path = buf;
	if (*buf == '/')
		walk_to_root(w);
	return 0;
}

void walk_to_node(struct walker *w, struct node *n)
{
	node_put(w->node);
	w->node = n;
	w->mnt = NULL;
}

/* Into a grant, at its root. */
static void enter_mount(struct walker *w, struct mount *m)
{
	walk_to_node(w, NULL);
	w->mnt = m;
	w->base = NULL;
	w->prefix_len = 0;
}

/* Back to the root for an absolute path or link. */
void walk_to_root(struct walker *w)
{
	struct node *root = root_dir();

	while (*w->path == '/')
		w->path++;
	if (root->mounted)
		enter_mount(w, root->mounted);
	else
		walk_to_node(w, node_get(root));
}

/* Where the walk stands becomes what file f has open (a directory, or a /proc/self/fd link). */
static int enter_file(struct walker *w, struct file *f)
{
	if (f->node) {
		walk_to_node(w, node_get(f->node));
		return 0;
	}
	if (!f->mnt || f->kind != MVM_KIND_DIR)
		return -ENOTDIR;
	walk_to_node(w, NULL);
	w->mnt = f->mnt;
	w->base = f;
	return 0;
}

static int follow(struct walker *w, struct node *link, bool slash)
{
	char *text;
	long len;
	int err;

	if (!link->ops) {
		node_atime(link);
		return walk_expand(w, link->target, link->size, slash);
	}
	text = kmalloc(FS_PATH_MAX);
	if (!text)
		return -ENOMEM;
	len = link->ops->link(link, text);
	err = len < 0 ? len : walk_expand(w, text, len, slash);
	kfree(text);
	return err;
}

/* One step to child n (a reference that is taken over); "more" of the path follows it. */
static int step(struct walker *w, struct node *n)
{
	if (n->mounted) {
		enter_mount(w, n->mounted);
		node_put(n);
	} else {
		walk_to_node(w, n);
	}
	return 0;
}

static void step_up(struct walker *w)
{
	walk_to_node(w, node_get(w->node->parent));
}

/* The last component is not a name: the root, "." or "..". */
static int end_dots(struct walker *w, struct name *r, enum last type)
{
	if (type == LAST_DOTDOT)
		step_up(w);
	r->type = type;
	r->node = node_get(w->node);
	return 0;
}

/* The last component, a name.  0: the walk is over; WALK_ON: it goes on elsewhere. */
static int end_name(struct walker *w, struct name *r, const char *comp, u32 len, bool slash)
{
	struct node *n = len > FS_NAME_MAX ? NULL : dir_lookup(w->node, comp, len);
	bool in = w->flags & W_FOLLOW || (slash && !(w->flags & W_PARENT));
	int err = 0;

	if (n && S_ISLNK(n->mode) && in) {
		if (n->ops && n->ops->jump && !(w->flags & W_NOLINKS)) {
			struct file *f = n->ops->jump(n);

			node_put(n);
			r->file = f;
			return f ? 0 : -ENOENT;
		}
		err = follow(w, n, slash);
		node_put(n);
		return err ? err : WALK_ON;
	}
	if (n && n->mounted) {
		/* The grant's root.  As an entry to change, it is busy: seen by ->node. */
		if (w->flags & W_PARENT) {
			r->node = n;
			r->dir = node_get(w->node);
			goto out;
		}
		enter_mount(w, n->mounted);
		node_put(n);
		return WALK_ON;
	}
	if (!n && !(w->flags & (W_MISSING | W_PARENT)))
		return -ENOENT;
	if (n && slash && !is_dir(n) && !(w->flags & W_PARENT)) {
		node_put(n);
		return -ENOTDIR;
	}
	r->dir = node_get(w->node);
	r->node = n;
out:
	r->type = LAST_NAME;
	r->last = comp;
	r->len = len;
	r->slash = slash;
	return 0;
}

/* A component with more to come. */
static int middle_name(struct walker *w, const char *comp, u32 len)
{
	struct node *n = dir_lookup(w->node, comp, len);
	int err;

	if (!n)
		return -ENOENT;
	if (!S_ISLNK(n->mode))
		return step(w, n);
	if (n->ops && n->ops->jump) {
		struct file *f = n->ops->jump(n);

		node_put(n);
		if (!f)
			return -ENOENT;
		err = w->flags & W_NOLINKS ? -ELOOP : enter_file(w, f);
		file_put(w->held);
		w->held = f;
		return err;
	}
	err = follow(w, n, false);
	node_put(n);
	return err;
}

/* From w->node on, until the path ends or leaves the tree. */
static int walk_tree(struct walker *w, struct name *r)
{
	const char *comp;
	bool slash;
	u32 len;
	int err;

	if (!*w->path)
		return end_dots(w, r, LAST_ROOT);
	while (!w->mnt) {
		const char *at = w->path;

		if (!is_dir(w->node))
			return -ENOTDIR;
		if (!*at)
			return end_dots(w, r, LAST_ROOT);	/* a link to "/" */
		len = walk_component(&w->path, &comp, &slash);
		if (len > FS_NAME_MAX && (*w->path || !(w->flags & W_PARENT)))
			return -ENAMETOOLONG;
		switch (walk_type(comp, len)) {
		case LAST_DOT:
			if (!*w->path)
				return end_dots(w, r, LAST_DOT);
			continue;
		case LAST_DOTDOT:
			if (w->node->cover) {
				err = walk_out(w, w->node->cover);
				if (err)
					return err;
				continue;
			}
			if (!*w->path)
				return end_dots(w, r, LAST_DOTDOT);
			step_up(w);
			continue;
		default:
			break;
		}
		if (*w->path) {
			err = middle_name(w, comp, len);
		} else {
			if (slash && w->flags & W_OCREAT)
				return -EISDIR;
			err = end_name(w, r, comp, len, slash);
			if (err != WALK_ON)
				return err;
			err = 0;
			if (w->mnt)
				break;
		}
		if (err)
			return err;
	}
	return WALK_ON;
}

/* What a grant's request needs of the path: its last component and the slashes after it. */
void walk_split(struct name *r)
{
	u32 end = r->rel_len;

	while (end && r->rel[end - 1] == '/')
		end--;
	r->slash = end < r->rel_len;
	r->len = 0;
	while (r->len < end && r->rel[end - r->len - 1] != '/')
		r->len++;
	r->last = r->rel + end - r->len;
	r->type = r->len ? walk_type(r->last, r->len) : LAST_ROOT;
}

/* The fast way: all of the rest at once.  WALK_ON: not possible here. */
static int whole(struct walker *w, struct name *r)
{
	if (w->flags & W_SLOW || w->mnt->children ||
	    (w->path[0] == '.' && w->path[1] == '.' && (!w->path[2] || w->path[2] == '/')))
		return WALK_ON;
	r->mnt = w->mnt;
	r->start = w->base;
	r->handle = w->base ? w->base->handle : w->mnt->handle;
	r->rel = (char *)w->path;
	r->rel_len = strlen(w->path);
	if (r->rel_len > MVM_PATH_MAX)
		return -ENAMETOOLONG;
	walk_split(r);
	return 0;
}

int walk(struct file *base, const char *path, u32 flags, struct name *r)
{
	struct walker w = { .flags = flags, .path = path };
	int err;

	*r = (struct name){ .handle = -1 };
	if (*path == '/') {
		walk_to_root(&w);
		err = 0;
	} else {
		err = enter_file(&w, base ? base : cwd_file());
	}
	while (!err) {
		if (!w.mnt) {
			err = walk_tree(&w, r);
		} else {
			err = whole(&w, r);
			if (err == WALK_ON)
				err = walk_host(&w, r);
		}
		if (err != WALK_ON)
			break;
		err = 0;
	}
	node_put(w.node);
	r->path = w.buf;
	r->buf = w.prefix;
	r->base = w.held;
	if (err)
		name_done(r);
	return err;
}

void name_done(struct name *r)
{
	node_put(r->dir);
	node_put(r->node);
	file_put(r->file);
	file_put(r->base);
	kfree(r->path);
	kfree(r->buf);
	*r = (struct name){ .handle = -1 };
}
