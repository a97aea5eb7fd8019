/* SPDX-License-Identifier: MIT */
/*
 * Covers: places below a grant where the runtime's own tree shows instead of the host's.  A grant
 * that is the guest's root has them for what must not come from there (/dev, /proc, /sys), for
 * what it may lack (/etc/hosts), and for what must be writable although it is not (/tmp).
 *
 * A cover is a mount without a handle.  The walk (walkhost.c) leaves the grant where it meets one
 * and goes on in the tree, under the same path; ".." from a cover's directory leads back.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include "net/fs.h"

static void drop(struct mount *m)
{
	struct mount **p = &fs_mounts;

	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	m->parent->children--;
	kfree(m);
}

/* Has the grant something there?  A link that leads nowhere is nothing, as resolv.conf often is. */
static bool has_own(struct mount *m)
{
	struct mvm_stat st;
	struct file *f;
	long err;

	err = host_stat(m->parent->handle, m->rel, strlen(m->rel), true, &st);
	if (err || !S_ISLNK(st.mode))
		return err != -ENOENT;
	m->asking = true;
	f = open_kpath(m->path, O_PATH, 0, &err);
	m->asking = false;
	file_put(f);
	return err != -ENOENT;
}

bool cover_stands(struct mount *m)
{
	if (!m->unless)
		return true;
	if (m->asking)
		return false;
	if (has_own(m)) {
		drop(m);
		return false;
	}
	m->unless = false;
	return true;
}

struct node *cover_dir(const struct mount *m)
{
	const char *name = strrchr(m->path, '/');
	char *up = kstrndup(m->path, name - m->path);
	struct node *n = up ? tree_mkdirs(up) : NULL;

	kfree(up);
	return n;
}

/* What the tree has at path (which stays, below parent's) shows there. */
static struct mount *add(struct mount *parent, const char *path)
{
	const char *rel = path + (parent->path[1] ? strlen(parent->path) : 0) + 1;
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		rt_panic("no memory to cover %s", path);
	m->parent = parent;
	m->handle = -1;
	m->cover = true;
	m->path = path;
	m->rel = (char *)rel;
	m->next = fs_mounts;
	fs_mounts = m;
	parent->children++;
	return m;
}

void cover_with(struct mount *parent, const char *path)
{
	struct mount *m = add(parent, path);
	struct node *n = tree_mkdirs(path);

	if (n)				/* a directory */
		n->cover = m;
	node_put(n);
}

static bool has_dir(const struct mount *m, const char *path)
{
	struct mvm_stat st;

	return !host_stat(m->handle, path + 1, strlen(path + 1), false, &st) && S_ISDIR(st.mode);
}

void cover_root(struct mount *root)
{
	static const char *const always[] = { "/dev", "/proc", "/sys" };
	static const char *const scratch[] = { "/tmp", "/var/tmp", "/run" };
	static const char *const etc[] = {
		"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/nsswitch.conf",
	};

	for (u32 i = 0; i < ARRAY_SIZE(always); i++)
		cover_with(root, always[i]);
	for (u32 i = 0; i < ARRAY_SIZE(scratch); i++)
		if (!(root->rights & MVM_RIGHT_CREATE) || !has_dir(root, scratch[i]))
			cover_with(root, scratch[i]);
	for (u32 i = 0; i < ARRAY_SIZE(etc); i++)
		add(root, etc[i])->unless = true;
	/* A name server that was granted is asked, whatever the root says. */
	add(root, "/etc/resolv.conf")->unless = !IS_ENABLED(CONFIG_NET) || !net_resolver_granted();
}
