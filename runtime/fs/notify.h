/* SPDX-License-Identifier: MIT */
/*
 * What happens to files, told to those who watch: the places in fs/ that change something call
 * these.  Without a watch each costs a look at one word.
 */
#ifndef MVM_RT_FS_NOTIFY_H
#define MVM_RT_FS_NOTIFY_H

#include "fs/vfs.h"
#include <linux/inotify.h>

/* Which object: in the tree, or on the host below a grant. */
struct notify_id { u64 dev, ino; };
#define NOTIFY_DEV_TREE	UINT64_MAX	/* no host has this */

/* What stands at a name before it is changed. */
struct notify_place {
	bool looked;
	bool is_dir;
	bool goes;			/* below a grant: its last name, so that it ends with it */
	struct notify_id dir, self;	/* self.ino 0: nothing is there */
};

extern u32 notify_watches;		/* in all inotify instances */

static inline bool notify_on(void)
{
	return IS_ENABLED(CONFIG_INOTIFY) && unlikely(notify_watches);
}

void notify_file_event(struct file *f, u32 mask);
void notify_node_event(struct node *n, u32 mask);
void notify_name_event(const struct name *r, u32 mask);
void notify_freed_event(const struct node *n);
void notify_place_look(const struct name *r, struct notify_place *p);
void notify_made_event(const struct name *r, bool is_dir);
void notify_linked_event(const struct name *old, const struct name *new);
void notify_removed_event(const struct name *r, const struct notify_place *p);
void notify_moved_event(const struct name *old, const struct notify_place *from,
			const struct name *new, const struct notify_place *to, bool exchange);

/* An open file; what a walk found.  mask: IN_ACCESS ..., told to it and to the directory. */
static inline void notify_file(struct file *f, u32 mask)
{
	if (notify_on())
		notify_file_event(f, mask);
}

static inline void notify_name(const struct name *r, u32 mask)
{
	if (notify_on())
		notify_name_event(r, mask);
}

/* A node of the tree ends: it has no name and nobody has it open. */
static inline void notify_freed(const struct node *n)
{
	if (notify_on())
		notify_freed_event(n);
}

/* Before a name is removed, moved or perhaps made; then one of the following. */
static inline void notify_look(const struct name *r, struct notify_place *p)
{
	p->looked = notify_on();
	if (p->looked)
		notify_place_look(r, p);
}

/* A new name for a new object; for one that has others; err: that did not succeed.  Return err. */
static inline long notify_made(const struct name *r, bool is_dir, long err)
{
	if (!err && notify_on())
		notify_made_event(r, is_dir);
	return err;
}

static inline long notify_linked(const struct name *old, const struct name *new, long err)
{
	if (!err && notify_on())
		notify_linked_event(old, new);
	return err;
}

static inline long notify_removed(const struct name *r, const struct notify_place *p, long err)
{
	if (!err && p->looked && notify_on())
		notify_removed_event(r, p);
	return err;
}

static inline long notify_moved(const struct name *old, const struct notify_place *from,
				const struct name *new, const struct notify_place *to,
				bool exchange, long err)
{
	if (!err && from->looked && to->looked && notify_on())
		notify_moved_event(old, from, new, to, exchange);
	return err;
}

/* ---- inotify.c ---- */

/* Queues an event for each watch of the object that wants it.  name: of len bytes, or NULL. */
void inotify_event(const struct notify_id *id, u32 mask, u32 cookie, const char *name, u32 len);
/* The object is no more: its watches end. */
void inotify_gone(const struct notify_id *id);

#endif
