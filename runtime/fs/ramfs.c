/* SPDX-License-Identifier: MIT */
/* The file systems in memory, with their limits: the tree's own, and those of --tmpfs. */
#include "fs/vfs.h"
#include <linux/magic.h>

#define FLAGS	0x1020U		/* ST_VALID | ST_RELATIME */

struct ramfs ram_root = { .path = "/", .pages_max = RAM_PAGES_MAX, .dev = FS_RAM_DEV };

/* What tmpfs says. */
void ram_statfs(const struct ramfs *fs, struct mvm_statfs *s)
{
	u64 free = fs->pages_max - MIN(fs->pages, fs->pages_max);

	*s = (struct mvm_statfs){
		.type = TMPFS_MAGIC, .bsize = MVM_PAGE_SIZE, .frsize = MVM_PAGE_SIZE,
		.blocks = fs->pages_max, .bfree = free, .bavail = free,
		.files = fs->nodes + fs->pages_max, .ffree = fs->pages_max,
		.namelen = FS_NAME_MAX, .flags = FLAGS,
	};
}

void ramfs_mount(const char *path, u64 size)
{
	struct ramfs *fs = kzalloc(sizeof(*fs)), **last = &ram_root.next;
	struct node *old = fs ? tree_mkdirs(path) : NULL;
	struct node *n = old ? node_new(S_IFDIR | 01777) : NULL;
	const char *name;
	u32 len;

	if (!n)
		rt_panic("no memory for a file system at %s", path);
	fs->path = path;
	fs->pages_max = ALIGN_UP(size, MVM_PAGE_SIZE) / MVM_PAGE_SIZE;
	fs->dev = FS_RAM_DEV + 1;
	for (; *last; last = &(*last)->next)
		fs->dev++;
	*last = fs;
	ram_root.nodes--;
	n->fs = fs;
	fs->nodes++;
	name = node_name(old, &len);
	dir_replace(old->parent, name, len, n);
	node_put(old);
	node_put(n);
	host_cover(path);
}
