/* SPDX-License-Identifier: MIT */
/* Building the tree at start, from paths of the runtime's own. */
#include "fs/vfs.h"
#include "net/fs.h"

char *kstrndup(const char *s, size_t n)
{
	char *p = kmalloc(n + 1);

	if (p) {
		memcpy(p, s, n);
		p[n] = 0;
	}
	return p;
}

bool tree_owns(const char *path)
{
	static const char *const ours[] = { "/dev", "/proc", "/sys" };

	for (u32 i = 0; i < ARRAY_SIZE(ours); i++) {
		u32 len = (u32)strlen(ours[i]);

		if (!memcmp(path, ours[i], MIN(len, strlen(path) + 1)) &&
		    (!path[len] || path[len] == '/'))
			return true;
	}
	/* A name server that was granted is asked, whatever the root says. */
	return IS_ENABLED(CONFIG_NET) && !strcmp(path, "/etc/resolv.conf") &&
	       net_resolver_granted();
}

/* The entry of dir, made as a directory when missing; a reference. */
static struct node *enter(struct node *dir, const char *name, u32 len)
{
	struct node *n = dir_lookup(dir, name, len);

	if (!n) {
		n = node_new_in(dir, S_IFDIR | 0755);
		if (!n || dir_add(dir, name, len, n))
			rt_panic("no memory for the root directory");
	}
	return n;
}

/*
 * The directory at this absolute path, with those above it, as far as no grant covers them.
 * A reference; NULL when something else stands there.
 */
struct node *tree_mkdirs(const char *path)
{
	struct node *at = node_get(root_dir()), *next;

	while (*path) {
		u32 len = 0;

		while (*path == '/')
			path++;
		while (path[len] && path[len] != '/')
			len++;
		if (!len)
			break;
		next = enter(at, path, len);
		node_put(at);
		at = next;
		path += len;
		if (!is_dir(at)) {
			node_put(at);
			return NULL;
		}
	}
	return at;
}

void tree_lazy(const char *path, u32 mode, const struct node_ops *fill)
{
	struct node *n = tree_mkdirs(path);

	n->mode = S_IFDIR | mode;
	n->ops = fill;
	node_put(n);
}

/*
 * A node at this absolute path, its directories made too.  text: contents of a file, or the
 * target of a link.  What the path named before is replaced.  Not a reference: the tree has it.
 */
struct node *tree_add(const char *path, u32 mode, const char *text)
{
	const char *name = strrchr(path, '/') + 1;
	char *up = kstrndup(path, name - path);
	struct node *dir = up ? tree_mkdirs(up) : NULL, *old;
	struct node *n = dir ? node_new_in(dir, mode) : NULL;
	struct io io;

	if (!dir || !n)
		rt_panic("cannot make %s", path);
	old = dir_lookup(dir, name, strlen(name));
	if (old) {
		dir_remove(dir, name, strlen(name));
		node_put(old);
	}
	if (dir_add(dir, name, strlen(name), n))
		rt_panic("no memory for %s", path);
	if (S_ISLNK(mode) && text) {
		n->size = strlen(text);
		n->target = kstrndup(text, n->size);
	} else if (text) {
		io_kernel(&io, text, strlen(text));
		ram_write(n, &io, 0);
	}
	node_put(n);
	node_put(dir);
	kfree(up);
	return n;
}
