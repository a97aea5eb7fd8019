/* SPDX-License-Identifier: MIT */
/*
 * The life of a node of the runtime's tree, and its attributes.  What a directory holds is
 * ramdir.c's, what a file holds ramfile.c's.
 */
#include "fs/lower.h"
#include "fs/notify.h"
#include "sys/sys.h"
#include <linux/time.h>

#define SHORT_LINK	128		/* tmpfs gives longer ones a page */

struct node *fs_root;
static u64 nodes_made = FS_TTY_INO;

struct fs_time fs_now(void)
{
	u64 ns = time_lately(CLOCK_REALTIME);

	return (struct fs_time){ .sec = ns / 1000000000, .nsec = ns % 1000000000 };
}

/* A node with one reference and no link, owned as the program is; NULL when out of memory. */
struct node *node_new(u32 mode)
{
	struct node *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	if (S_ISDIR(mode)) {
		n->dir = dir_new();
		if (!n->dir) {
			kfree(n);
			return NULL;
		}
		n->size = 40;		/* as tmpfs has it, and 20 more for each entry */
	}
	n->refs = 1;
	n->mode = mode;
	n->uid = boot->uid;
	n->gid = boot->gid;
	n->ino = ++nodes_made;
	n->atime = n->mtime = n->ctime = fs_now();
	n->fs = &ram_root;
	ram_root.nodes++;
	return n;
}

struct node *node_new_in(const struct node *dir, u32 mode)
{
	struct node *n = node_new(mode);

	if (n) {
		n->fs->nodes--;
		n->fs = dir->fs;
		n->fs->nodes++;
	}
	return n;
}

/* Drops a reference; the last one frees it.  A directory entry is a reference too. */
void node_put(struct node *n)
{
	if (!n || --n->refs)
		return;
	notify_freed(n);
	if (S_ISREG(n->mode) && !n->ops) {
		ram_truncate(n, 0);
	} else if (S_ISLNK(n->mode) && !n->ops) {
		kfree(n->target);
	} else if (S_ISDIR(n->mode)) {
		dir_free(n->dir);
		if (n->parent != n)
			node_put(n->parent);
	}
	if (IS_ENABLED(CONFIG_ROOT) && n->lower)
		lower_free(n);
	n->fs->nodes--;
	kfree(n);
}

void node_now(struct node *n, u32 which)
{
	struct fs_time now = fs_now();

	if (which & MVM_SET_ATIME)
		n->atime = now;
	if (which & MVM_SET_MTIME)
		n->mtime = now;
	n->ctime = now;
}

static bool later(struct fs_time a, struct fs_time b)
{
	return a.sec > b.sec || (a.sec == b.sec && a.nsec > b.nsec);
}

/* relatime: at the first read after a change, and once a day. */
void node_atime(struct node *n)
{
	if (later(n->atime, n->mtime) && later(n->atime, n->ctime) &&
	    fs_now().sec - n->atime.sec < 24 * 60 * 60)
		return;
	n->atime = fs_now();
}

void node_stat(struct node *n, struct mvm_stat *st)
{
	/* Each directory in it is a link. */
	if (IS_ENABLED(CONFIG_ROOT) && n->lower && is_dir(n))
		dir_empty(n);
	*st = (struct mvm_stat){
		.dev = n->fs->dev, .ino = n->ino, .nlink = n->nlink, .rdev = n->rdev,
		.size = n->size, .mode = n->mode, .uid = n->uid, .gid = n->gid,
		.blksize = MVM_PAGE_SIZE,
		.atime_sec = n->atime.sec, .atime_nsec = n->atime.nsec,
		.mtime_sec = n->mtime.sec, .mtime_nsec = n->mtime.nsec,
		.ctime_sec = n->ctime.sec, .ctime_nsec = n->ctime.nsec,
	};
	if (S_ISREG(n->mode) && !n->ops)
		st->blocks = MAX(n->map.pages * MVM_PAGE_SIZE,
				 ALIGN_UP(n->archive_len, MVM_PAGE_SIZE)) / 512;
	if (S_ISLNK(n->mode) && n->size >= SHORT_LINK)
		st->blocks = MVM_PAGE_SIZE / 512;
}

static void set_time(struct fs_time *t, s64 sec, u32 nsec, bool now)
{
	*t = now ? fs_now() : (struct fs_time){ .sec = sec, .nsec = nsec };
}

int node_setattr(struct node *n, const struct mvm_setattr *a)
{
	if (a->mask & MVM_SET_MODE)
		n->mode = (n->mode & S_IFMT) | (a->mode & 07777);
	if (a->mask & MVM_SET_OWNER) {
		if (a->uid != UINT32_MAX)
			n->uid = a->uid;
		if (a->gid != UINT32_MAX)
			n->gid = a->gid;
		/* Linux takes set-id bits away even when root changes the owner of a file. */
		if (!is_dir(n))
			n->mode &= ~(S_ISUID | (n->mode & S_IXGRP ? S_ISGID : 0U));
	}
	if (a->mask & (MVM_SET_ATIME | MVM_SET_ATIME_NOW))
		set_time(&n->atime, a->atime_sec, a->atime_nsec, a->mask & MVM_SET_ATIME_NOW);
	if (a->mask & (MVM_SET_MTIME | MVM_SET_MTIME_NOW))
		set_time(&n->mtime, a->mtime_sec, a->mtime_nsec, a->mask & MVM_SET_MTIME_NOW);
	n->ctime = fs_now();
	return 0;
}
