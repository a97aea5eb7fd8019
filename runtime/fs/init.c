/* SPDX-License-Identifier: MIT */
/* The file system as the program finds it: the tree, the grants, the working directory, 0 to 2. */
#include "fs/archive.h"
#include "fs/lower.h"
#include "fs/vfs.h"
#include "lib/printf.h"
#include "net/fs.h"

static const char *boot_string(u32 off)
{
	return off ? (const char *)boot + off : "";
}

static void make_root(void)
{
	fs_root = node_new(S_IFDIR | 0755);
	if (!fs_root)
		rt_panic("no memory for the root directory");
	fs_root->parent = fs_root;
	fs_root->nlink = 2;
}

/* Just what libraries look up by themselves. */
static void fill_etc(struct node *dir)
{
	const char *host = boot_string(boot->hostname_off);
	char line[512];

	(void)dir;
	rt_snprintf(line, sizeof(line), "root:x:0:0:root:/root:/bin/sh\n%s", "");
	if (boot->uid)
		rt_snprintf(line, sizeof(line), "root:x:0:0:root:/root:/bin/sh\n"
			    "user:x:%u:%u:user:/tmp:/bin/sh\n", boot->uid, boot->gid);
	tree_add("/etc/passwd", S_IFREG | 0644, line);
	rt_snprintf(line, sizeof(line), "root:x:0:\n%s", "");
	if (boot->gid)
		rt_snprintf(line, sizeof(line), "root:x:0:\nuser:x:%u:\n", boot->gid);
	tree_add("/etc/group", S_IFREG | 0644, line);
	rt_snprintf(line, sizeof(line), "127.0.0.1\tlocalhost %s\n::1\tlocalhost\n", host);
	tree_add("/etc/hosts", S_IFREG | 0644, line);
	rt_snprintf(line, sizeof(line), "%s\n", host);
	tree_add("/etc/hostname", S_IFREG | 0644, line);
	tree_add("/etc/nsswitch.conf", S_IFREG | 0644,
		 "passwd:\tfiles\ngroup:\tfiles\nhosts:\tfiles dns\n");
	if (IS_ENABLED(CONFIG_NET))
		net_resolv_conf(line, sizeof(line));
	tree_add("/etc/resolv.conf", S_IFREG | 0644, IS_ENABLED(CONFIG_NET) ? line : NULL);
}

static void make_dirs(void)
{
	static const struct { const char *path; u32 mode; } dirs[] = {
		{ "/root", 0700 }, { "/run", 0755 }, { "/tmp", 01777 }, { "/var/tmp", 01777 },
	};
	static const struct node_ops etc = { .fill = fill_etc };

	tree_lazy("/etc", 0755, &etc);
	for (u32 i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct node *n = tree_mkdirs(dirs[i].path);

		n->mode = S_IFDIR | dirs[i].mode;
		node_put(n);
	}
}

static void open_std(void)
{
	for (int i = 0; i < 3; i++) {
		struct file *f = file_new(0);

		if (!f)
			rt_panic("no memory for the standard files");
		if (stream_open_std(f, i) || fd_install(f, i, false) != i)
			file_put(f);
	}
}

/* A working directory that is nowhere yet is made in the tree. */
static void enter_cwd(void)
{
	const char *path = boot_string(boot->cwd_off);
	long err;

	fs_cwd = open_kpath("/", O_PATH | O_DIRECTORY, 0, &err);
	if (*path != '/' || !path[1])
		return;
	for (int try = 0; try < 2; try++) {
		struct file *f = open_kpath(path, O_PATH | O_DIRECTORY, 0, &err);

		if (f) {
			file_put(fs_cwd);
			fs_cwd = f;
			return;
		}
		node_put(tree_mkdirs(path));
	}
	rt_refuse(125, "--cwd %s: is no directory in the guest, and none can be made there; name "
		  "one that is there", path);
}

static void mount_one(const struct mvm_grant *g)
{
	if (IS_ENABLED(CONFIG_ROOT) && g->kind == MVM_KIND_DIR && g->rights & MVM_RIGHT_COPY)
		lower_mount(boot_string(g->path_off), g->handle);
	else if (g->kind == MVM_KIND_DIR)
		host_mount(g);
	else if (IS_ENABLED(CONFIG_ARCHIVE) && g->kind == MVM_KIND_FILE)
		tar_unpack(g->handle, g->size);
	else if (IS_ENABLED(CONFIG_NET) && g->kind == MVM_KIND_UNIX)
		net_mount(boot_string(g->path_off), g->handle);
	else if (g->kind == MVM_KIND_TMPFS)
		ramfs_mount(boot_string(g->path_off), g->size);
}

/* Shorter paths first, so that what is mounted below another finds it, whatever their order. */
static void mount_all(void)
{
	const struct mvm_grant *g = (const struct mvm_grant *)boot_string(boot->grants_off);
	u32 len = 0, next;

	do {
		next = UINT32_MAX;
		for (u32 i = 0; i < boot->ngrants; i++) {
			u32 n = strlen(boot_string(g[i].path_off));

			if (!n || g[i].kind == MVM_KIND_DISK)
				continue;
			if (n == len)
				mount_one(&g[i]);
			else if (n > len)
				next = MIN(next, n);
		}
		len = next;
	} while (next != UINT32_MAX);
}

static void make_tree(void)
{
	make_root();
	make_dirs();
	dev_init();
	proc_init();
	mount_all();
	enter_cwd();
}

/*
 * The tree is made when the first path is looked up: that costs as much as the rest of the
 * runtime's start, and a program that only reads and writes its standard streams never asks.
 */
struct node *root_dir(void)
{
	if (unlikely(!fs_root))
		make_tree();
	return fs_root;
}

struct file *cwd_file(void)
{
	if (unlikely(!fs_cwd))
		root_dir();
	return fs_cwd;
}

void fs_init(void)
{
	open_std();
}
