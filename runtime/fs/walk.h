/* SPDX-License-Identifier: MIT */
/* The state of a path walk, between walk.c (the tree) and walkhost.c (below a grant). */
#ifndef MVM_RT_FS_WALK_H
#define MVM_RT_FS_WALK_H

#include "fs/vfs.h"

#define WALK_ON		1		/* neither done nor failed: on in the other kind */

struct walker {
	u32 flags;			/* W_* */
	u32 links;			/* symbolic links followed so far */
	const char *path;		/* what is left, no leading slash */
	char *buf;			/* the storage of path once a link was followed */
	struct node *node;		/* in the tree: where the walk stands (a reference) */
	struct mount *mnt;		/* else: in this grant, */
	struct file *base;		/* at this directory, or when NULL */
	struct file *held;		/* (what keeps base open when a link led there) */
	u32 prefix_len;			/* at this path from the grant's root, free of links */
	bool prefix_dir;		/* which is known to be a directory */
	bool unsure;			/* but for its last component (W_LATER) */
	char *prefix;			/* WALK_PREFIX bytes once walk_host() has run, else NULL */
};

#define WALK_PREFIX	(FS_PATH_MAX + 1)	/* a slash fits behind it */

enum last walk_type(const char *comp, u32 len);
u32 walk_component(const char **path, const char **comp, bool *slash);
int walk_expand(struct walker *w, const char *text, u32 len, bool slash);
void walk_to_node(struct walker *w, struct node *n);
void walk_to_root(struct walker *w);
/* Finds last, len, type and slash of the path in r->rel. */
void walk_split(struct name *r);
/* Out of a cover's directory, to that above it in the grant.  0 or -ENOMEM. */
int walk_out(struct walker *w, const struct mount *cover);
/* A link may stand where none was: nothing is known any more of what is no link. */
void walk_forget(void);
/* Component by component from where w stands: 0, WALK_ON (in the tree again), -errno. */
int walk_host(struct walker *w, struct name *r);

#endif
