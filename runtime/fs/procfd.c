/* SPDX-License-Identifier: MIT */
/* /proc/self/fd: the open files as links that lead to them. */
#include "fs/proc.h"
#include "lib/printf.h"

/* What readlink says of an open file. */
long proc_file_text(struct file *f, char *buf)
{
	static const char *const std[] = { "pipe:[1]", "pipe:[2]", "pipe:[3]" };
	long n;

	if (f->mnt || (f->node && f->node->dent) || (f->node && f->node == fs_root)) {
		n = path_of(f, buf, FS_PATH_MAX);
		if (n >= 0)
			return n;
	}
	if (f->kind == MVM_KIND_TTY)
		return str_copy(buf, "/dev/tty", FS_PATH_MAX);
	if (f->handle >= 0 && f->handle < 3)
		return str_copy(buf, std[f->handle], FS_PATH_MAX);
	if (f->ops && f->ops->anon)
		return rt_snprintf(buf, FS_PATH_MAX, "anon_inode:%s", f->ops->anon);
	if (f->node && S_ISFIFO(f->node->mode))
		return rt_snprintf(buf, FS_PATH_MAX, "pipe:[%lu]", f->node->ino);
	if (f->node && S_ISSOCK(f->node->mode))
		return rt_snprintf(buf, FS_PATH_MAX, "socket:[%lu]", f->node->ino);
	if (f->node)
		return rt_snprintf(buf, FS_PATH_MAX, "anon_inode:[%lu]", f->node->ino);
	return str_copy(buf, "anon_inode:[unknown]", FS_PATH_MAX);
}

static long fd_link(struct node *n, char *buf)
{
	struct file *f = fd_peek(n->data);

	return f ? proc_file_text(f, buf) : -ENOENT;
}

static struct file *fd_jump(struct node *n)
{
	return file_get(n->data);
}

static const struct node_ops fd_link_ops = { .link = fd_link, .jump = fd_jump };

/* An fd's number as its name: no sign, no leading zeros; -1: none. */
static int fd_number(const char *name, u32 len)
{
	int n = 0;

	if (!len || len > 7 || (len > 1 && *name == '0'))
		return -1;
	while (len--) {
		if (*name < '0' || *name > '9')
			return -1;
		n = n * 10 + *name++ - '0';
	}
	return n;
}

static struct node *fd_lookup(struct node *dir, const char *name, u32 len)
{
	int fd = fd_number(name, len);
	struct node *n;

	(void)dir;
	if (fd < 0 || !fd_peek(fd))
		return NULL;
	n = node_new(S_IFLNK | 0700);
	if (n) {
		n->ops = &fd_link_ops;
		n->data = fd;
		n->nlink = 1;
		n->size = 64;
	}
	return n;
}

static int fd_list(struct node *dir, u64 *pos, struct sink *s)
{
	char name[16];
	int fd, len, err;

	for (;;) {
		fd = fd_next(*pos - 2);
		if (fd < 0)
			return 0;
		len = rt_snprintf(name, sizeof(name), "%d", fd);
		err = sink_put(s, name, len, dir->ino + 1 + fd, (u64)fd + 3, S_IFLNK >> 12);
		if (err)
			return err;
		*pos = (u64)fd + 3;
	}
}

static const struct node_ops fd_dir_ops = { .lookup = fd_lookup, .list = fd_list };

void proc_add_fds(void)
{
	struct node *n = tree_mkdirs(SELF "/fd");

	n->ops = &fd_dir_ops;
	n->mode = S_IFDIR | 0500;
	node_put(n);
}
