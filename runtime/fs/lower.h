/* SPDX-License-Identifier: MIT */
/*
 * Directories of the host that show in the tree, and are changed there alone (:overlay).  What the
 * host has is the tree's lower layer: its names become nodes when a directory is first looked into,
 * its attributes when a name is first looked up, and its bytes stay where they are until they are
 * changed (archive.h).  From then on the host is not asked again, so that what is removed or moved
 * in the tree needs no mark.
 */
#ifndef MVM_RT_FS_LOWER_H
#define MVM_RT_FS_LOWER_H

#include "fs/vfs.h"

/* Where a node comes from. */
struct lower {
	struct lower *newer, *older;	/* those that are open, by their last use */
	s32 grant;			/* the directory that was granted */
	s32 handle;			/* of the file, while it is open; -1 */
	bool known;			/* its attributes are the node's */
	u32 len;
	char path[];			/* from the grant on; not NUL-terminated */
};

/* The directory behind the grant shows in the tree at this path, with what the tree has there. */
void lower_mount(const char *path, s32 grant);
/* A node is looked up: it gets its attributes.  False: the host has it no more. */
bool lower_know(struct node *n);
/* Reads from the file at off.  Bytes, 0 at its end, -errno. */
long lower_read(const struct node *n, struct io *io, u64 off);
void lower_free(struct node *n);	/* with the node */

#endif
