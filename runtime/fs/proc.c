/* SPDX-License-Identifier: MIT */
/*
 * /proc and /sys: files whose text is made when they are read, and the tree of them.  What they say
 * is procself.c's and procsys.c's.  Source: proc(5).
 */
#include "fs/proc.h"
#include "lib/printf.h"

#define STORE_MAX	128U		/* bytes that one write may bring */

/* ---- text files ---- */

static void text_release(struct file *f)
{
	kfree(f->priv);
	f->priv = NULL;
}

/* The text as it was when it was last read from its beginning. */
static long text_of(struct file *f, bool again, char **text)
{
	long n;

	if (again)
		text_release(f);
	if (!f->priv) {
		n = f->node->ops->text(f->node, text);
		if (n < 0)
			return n;
		f->priv = *text;
		f->ino = n;		/* its length: the node has the inode number */
	}
	*text = f->priv;
	return f->ino;
}

static long text_read(struct file *f, struct io *io, u64 *pos)
{
	char *text;
	long n = text_of(f, !*pos, &text), got;

	if (n < 0)
		return n;
	if (*pos >= (u64)n)
		return 0;
	got = io_put(io, text + *pos, n - *pos);
	if (got > 0)
		*pos += got;
	return got;
}

static long text_write(struct file *f, struct io *io, u64 *pos)
{
	char text[STORE_MAX + 1];
	long n;

	if (!f->node->ops->store)
		return -EIO;
	n = io_get(io, text, MIN(io->left, STORE_MAX));
	if (n < 0)
		return n;
	text[n] = 0;
	*pos += n;
	return f->node->ops->store(f->node, text, n) ?: n;
}

static long text_seek(struct file *f, s64 off, int whence)
{
	return seek_generic(f, off, whence, 0);
}

const struct file_ops text_file_ops = {
	.flags = FO_SEEK, .read = text_read, .write = text_write, .seek = text_seek,
	.poll = poll_always, .ioctl = ioctl_enotty, .stat = node_file_stat,
	.setattr = node_file_setattr, .statfs = node_file_statfs, .release = text_release,
};

long proc_printf(char **text, size_t max, const char *fmt, ...)
{
	va_list ap;
	int n;

	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	va_start(ap, fmt);
	n = rt_vsnprintf(*text, max, fmt, ap);
	va_end(ap);
	return MIN((size_t)n, max - 1);
}

bool proc_number(const char *text, u32 len, s64 *out)
{
	bool negative = len && *text == '-';
	s64 n = 0;
	u32 i = negative;

	if (len && text[len - 1] == '\n')
		len--;
	if (i == len || len > 18)
		return false;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (text[i] - '0');
	}
	*out = negative ? -n : n;
	return true;
}

/* ---- the tree ---- */

static long constant(struct node *n, char **text)
{
	const char *s = (const char *)n->data;

	*text = kstrndup(s, strlen(s));
	return *text ? (long)strlen(s) : -ENOMEM;
}

void proc_add(const struct proc_entry *e, u32 n)
{
	for (; n--; e++)
		tree_add(e->path, S_IFREG | (e->mode ? e->mode : 0444), NULL)->ops = &e->ops;
}

void proc_add_links(const struct proc_entry *e, u32 n)
{
	for (; n--; e++)
		tree_add(e->path, S_IFLNK | 0777, NULL)->ops = &e->ops;
}

void proc_add_constants(const struct proc_constant *c, u32 n)
{
	static const struct node_ops ops = { .text = constant };

	for (; n--; c++) {
		struct node *node = tree_add(c->path, S_IFREG | 0444, NULL);

		node->ops = &ops;
		node->data = (u64)c->text;
	}
}

static void not_lazy(const char *path)
{
	struct node *n = tree_mkdirs(path);

	n->ops = NULL;
	node_put(n);
}

/* Both at once: they are small, and who looks into one does so for the other's kind of facts. */
static void fill_proc(struct node *dir)
{
	(void)dir;
	not_lazy("/proc");
	not_lazy("/sys");
	proc_add_self();
	proc_add_fds();
	proc_add_tasks();
	proc_add_machine();
}

void proc_init(void)
{
	static const struct node_ops lazy = { .fill = fill_proc };

	tree_lazy("/proc", 0555, &lazy);
	tree_lazy("/sys", 0555, &lazy);
}
