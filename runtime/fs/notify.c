/* SPDX-License-Identifier: MIT */
/*
 * From what happened to whom it is told: the object itself, and the directory in which it stands,
 * with its name.  Below a grant these are found by asking the host, and only what this VM does is
 * seen.  The order of events is Linux's (include/linux/fsnotify.h).
 */
#include "fs/notify.h"

u32 notify_watches;

static u32 last_cookie;			/* ties IN_MOVED_FROM to IN_MOVED_TO */

static struct notify_id node_id(const struct node *n)
{
	return (struct notify_id){ NOTIFY_DEV_TREE, n->ino };
}

/* The host's object at a path from a handle; false: there is none. */
static bool host_id(s32 handle, const char *rel, u32 len, bool nofollow, struct notify_id *id,
		    struct mvm_stat *st)
{
	if (host_stat(handle, rel, len, nofollow, st))
		return false;
	*id = (struct notify_id){ st->dev, st->ino };
	return true;
}

static u32 dir_flag(bool is_dir)
{
	return is_dir ? IN_ISDIR : 0;
}

/* ---- what happens to objects ---- */

void notify_node_event(struct node *n, u32 mask)
{
	struct notify_id id = node_id(n);
	const char *name;
	u32 len;

	mask |= dir_flag(is_dir(n));
	name = node_name(n, &len);
	if (name) {
		struct notify_id up = node_id(n->parent);

		inotify_event(&up, mask, 0, name, len);
	}
	inotify_event(&id, mask, 0, NULL, 0);
}

/* Below a grant: path from the handle, its last component at rel + at. */
static void host_event(s32 handle, const char *rel, u32 at, u32 len, u32 mask)
{
	struct notify_id id;
	struct mvm_stat st;
	bool there = host_id(handle, rel, at + len, true, &id, &st);

	if (there)
		mask |= dir_flag(S_ISDIR(st.mode));
	if (len) {
		struct notify_id up;
		struct mvm_stat dir;

		if (host_id(handle, rel, at, false, &up, &dir))
			inotify_event(&up, mask, 0, rel + at, len);
	}
	if (there)
		inotify_event(&id, mask, 0, NULL, 0);
}

void notify_file_event(struct file *f, u32 mask)
{
	u32 at;

	if (f->flags & O_PATH)
		return;
	if (f->node) {
		notify_node_event(f->node, mask);
	} else if (f->mnt && f->rel) {
		for (at = strlen(f->rel); at && f->rel[at - 1] != '/'; at--)
			;
		host_event(f->mnt->handle, f->rel, at, strlen(f->rel) - at, mask);
	}
}

void notify_name_event(const struct name *r, u32 mask)
{
	if (r->file)
		notify_file_event(r->file, mask);
	else if (r->mnt)
		host_event(r->handle, r->rel, r->last - r->rel, r->len, mask);
	else if (r->node)
		notify_node_event(r->node, mask);
}

void notify_freed_event(const struct node *n)
{
	struct notify_id id = node_id(n);

	inotify_event(&id, IN_DELETE_SELF, 0, NULL, 0);
	inotify_gone(&id);
}

/* ---- what happens to names ---- */

void notify_place_look(const struct name *r, struct notify_place *p)
{
	struct mvm_stat st;

	*p = (struct notify_place){ .looked = true };
	if (r->type != LAST_NAME) {
		p->looked = false;
	} else if (!r->mnt) {
		p->dir = node_id(r->dir);
		if (r->node) {
			p->self = node_id(r->node);
			p->is_dir = is_dir(r->node);
		}
	} else if (!host_id(r->handle, r->rel, r->last - r->rel, false, &p->dir, &st)) {
		p->looked = false;
	} else if (host_id(r->handle, r->rel, r->last + r->len - r->rel, true, &p->self, &st)) {
		p->is_dir = S_ISDIR(st.mode);
		p->goes = p->is_dir || st.nlink == 1;
	}
}

void notify_made_event(const struct name *r, bool is_dir)
{
	struct notify_place p;

	notify_place_look(r, &p);
	if (p.looked)
		inotify_event(&p.dir, IN_CREATE | dir_flag(is_dir), 0, r->last, r->len);
}

void notify_linked_event(const struct name *old, const struct name *new)
{
	struct notify_place p;

	if (old->node || (old->file && old->file->node)) {
		struct notify_id id = node_id(old->node ? old->node : old->file->node);

		inotify_event(&id, IN_ATTRIB, 0, NULL, 0);
	} else {
		notify_place_look(old, &p);
		if (p.looked)
			inotify_event(&p.self, IN_ATTRIB, 0, NULL, 0);
	}
	notify_made_event(new, false);
}

/* An object lost this name.  A node of the tree that ends with it says so itself. */
static void lost_name(const struct notify_place *p)
{
	if (!p->is_dir)
		inotify_event(&p->self, IN_ATTRIB, 0, NULL, 0);
}

static void gone(const struct notify_place *p)
{
	if (!p->goes)
		return;
	inotify_event(&p->self, IN_DELETE_SELF, 0, NULL, 0);
	inotify_gone(&p->self);
}

void notify_removed_event(const struct name *r, const struct notify_place *p)
{
	lost_name(p);
	inotify_event(&p->dir, IN_DELETE | dir_flag(p->is_dir), 0, r->last, r->len);
	gone(p);
}

/* One object from place to place.  over: it replaces what is there. */
static void moved(const struct notify_place *from, const struct name *old,
		  const struct notify_place *to, const struct name *new, bool over)
{
	u32 flag = dir_flag(from->is_dir);

	last_cookie++;
	inotify_event(&from->dir, IN_MOVED_FROM | flag, last_cookie, old->last, old->len);
	inotify_event(&to->dir, IN_MOVED_TO | flag, last_cookie, new->last, new->len);
	if (over)
		lost_name(to);
	inotify_event(&from->self, IN_MOVE_SELF, 0, NULL, 0);
	if (over)
		gone(to);
}

void notify_moved_event(const struct name *old, const struct notify_place *from,
			const struct name *new, const struct notify_place *to, bool exchange)
{
	bool same = from->self.dev == to->self.dev && from->self.ino == to->self.ino;

	if (same)
		return;
	moved(from, old, to, new, to->self.ino && !exchange);
	if (exchange)
		moved(to, new, from, old, false);
}
