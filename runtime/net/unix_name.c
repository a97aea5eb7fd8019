/* SPDX-License-Identifier: MIT */
/*
 * Names of AF_UNIX sockets: nodes of the runtime's tree, abstract names, and those that the
 * runtime chooses.  Source: unix(7).
 */
#include "net/fs.h"
#include "net/unix.h"

#define BUCKETS		256U		/* of abstract names */

static struct unix_name *abstract[BUCKETS];

static u32 bucket(const struct addr *a, u8 type)
{
	u32 h = type;

	for (u32 i = UN_PATH; i < a->len; i++)
		h = (h ^ a->bytes[i]) * 16777619U;
	return (h ^ h >> 16) % BUCKETS;
}

static bool is_abstract(const struct addr *a)
{
	return a->len > UN_PATH && !a->un.sun_path[0];
}

static struct unix_name *find_abstract(const struct addr *a, u8 type)
{
	struct unix_name *n = abstract[bucket(a, type)];

	while (n && (n->sock->type != type || n->addr.len != a->len ||
		     memcmp(n->addr.bytes, a->bytes, a->len)))
		n = n->next;
	return n;
}

int unix_check_addr(struct addr *a)
{
	if (a->len <= UN_PATH || a->len > sizeof(a->un) || a->family != AF_UNIX)
		return -EINVAL;
	if (is_abstract(a))
		return 0;
	/* A path ends at its NUL, or with the address. */
	a->bytes[a->len] = 0;
	a->len = UN_PATH + strlen(a->un.sun_path) + 1;
	return 0;
}

/* A name object for s; its address still to come. */
static struct unix_name *name_new(struct sock *s)
{
	struct unix_name *n = kzalloc(sizeof(*n));

	if (n)
		n->sock = s;
	return n;
}

static void add_abstract(struct sock *s, struct unix_name *n)
{
	u32 b = bucket(&n->addr, s->type);

	n->next = abstract[b];
	abstract[b] = n;
	s->name = n;
}

static int bind_abstract(struct sock *s, const struct addr *a)
{
	struct unix_name *n;

	if (find_abstract(a, s->type))
		return -EADDRINUSE;
	n = name_new(s);
	if (!n)
		return -ENOMEM;
	n->addr = *a;
	add_abstract(s, n);
	return 0;
}

int unix_autobind(struct sock *s)
{
	static u32 next;
	struct unix_name *n;

	if (s->name)
		return 0;
	n = name_new(s);
	if (!n)
		return -ENOMEM;
	n->addr.family = AF_UNIX;
	n->addr.len = UN_PATH + 6;
	for (u32 tries = 0; tries < 1U << 20; tries++) {
		u32 v = next++;

		for (int i = 5; i > 0; i--, v >>= 4)
			n->addr.un.sun_path[i] = "0123456789abcdef"[v & 15];
		if (!find_abstract(&n->addr, s->type)) {
			add_abstract(s, n);
			return 0;
		}
	}
	kfree(n);
	return -ENOSPC;
}

/* ---- paths ---- */

static long make_node(struct name *r, void *arg)
{
	struct unix_name *n = arg;
	struct node *node;
	int err;

	if (r->type != LAST_NAME || r->node)
		return -EADDRINUSE;
	if (name_check(r))
		return -ENAMETOOLONG;
	if (r->slash)
		return -ENOENT;
	if (r->mnt)
		return name_verdict(r, 0) == 0 ? -EADDRINUSE : -EPERM;
	if (n->sock->name)
		return -EINVAL;
	node = node_new(S_IFSOCK | (0777 & ~fs_umask));
	if (!node)
		return -ENOMEM;
	err = dir_add(r->dir, r->last, r->len, node);
	if (err) {
		node_put(node);
		return err;
	}
	node->sock = n->sock;
	n->node = node;
	return 0;
}

static int bind_path(struct sock *s, const struct addr *a)
{
	struct unix_name *n = name_new(s);
	long err;

	if (!n)
		return -ENOMEM;
	n->addr = *a;
	err = at_kpath(NULL, a->un.sun_path, W_PARENT, make_node, n);
	if (err) {
		kfree(n);
		return (int)err;
	}
	s->name = n;
	return 0;
}

int unix_bind(struct sock *s, const struct addr *from)
{
	struct addr a = *from;
	int err;

	if (a.len == UN_PATH && a.family == AF_UNIX)
		return unix_autobind(s);
	err = unix_check_addr(&a);
	if (err)
		return err;
	if (is_abstract(&a))
		return s->name ? -EINVAL : bind_abstract(s, &a);
	return bind_path(s, &a);
}

static long find_node(struct name *r, void *arg)
{
	struct sock **found = arg;

	if (r->mnt)			/* whatever it is, nobody in the VM listens there */
		return name_verdict(r, -ECONNREFUSED);
	if (!r->node)
		return -ENOENT;
	if (S_ISSOCK(r->node->mode) && r->node->data)
		return -EPROTOTYPE;	/* of the host: of streams alone, which do not ask here */
	if (!S_ISSOCK(r->node->mode) || !r->node->sock)
		return -ECONNREFUSED;
	*found = r->node->sock;
	return 0;
}

int unix_find(const struct addr *from, u8 type, struct sock **found)
{
	struct addr a = *from;
	struct unix_name *n;
	int err = unix_check_addr(&a);

	if (err)
		return err;
	if (is_abstract(&a)) {
		n = find_abstract(&a, type);
		if (!n)
			return -ECONNREFUSED;
		*found = n->sock;
		return 0;
	}
	err = (int)at_kpath(NULL, a.un.sun_path, W_FOLLOW, find_node, found);
	if (err)
		return err;
	return (*found)->type == type ? 0 : -EPROTOTYPE;
}

/* ---- sockets of the host ---- */

static bool any_outside;

void net_mount(const char *path, s32 handle)
{
	const char *name = strrchr(path, '/') + 1;
	char *up = kstrndup(path, MAX(name - path - 1, 1)), at[FS_PATH_MAX];
	struct file *dir;
	long err, len;

	/* Where links lead: a /var/run that is /run. */
	dir = up ? open_kpath(up, O_PATH | O_DIRECTORY, 0, &err) : NULL;
	len = dir ? path_of(dir, at, sizeof(at) - FS_NAME_MAX - 2) : -ENOENT;
	if (len >= 0) {
		len = len == 1 ? 0 : len;
		at[len++] = '/';
		memcpy(at + len, name, strlen(name) + 1);
		path = kstrndup(at, len + strlen(name));
	}
	file_put(dir);
	kfree(up);
	if (!path)
		rt_panic("no memory for a socket");
	tree_add(path, S_IFSOCK | 0777, NULL)->data = (u64)handle + 1;
	host_cover(path);
	any_outside = true;
}

static long find_outside(struct name *r, void *arg)
{
	(void)arg;
	return r->node && S_ISSOCK(r->node->mode) && r->node->data ? (long)r->node->data - 1 : -1;
}

s32 unix_outside(const struct addr *from)
{
	struct addr a = *from;

	if (unix_check_addr(&a) || is_abstract(&a))
		return -1;
	root_dir();			/* it may be made only now */
	if (likely(!any_outside))
		return -1;
	return (s32)at_kpath(NULL, a.un.sun_path, W_FOLLOW, find_outside, NULL);
}

/* ---- the end ---- */

void unix_unname(struct sock *s)
{
	struct unix_name *n = s->name, **at;

	if (!n)
		return;
	if (n->node) {
		n->node->sock = NULL;
		node_put(n->node);
		n->node = NULL;
	} else if (n->sock == s) {
		at = &abstract[bucket(&n->addr, s->type)];
		while (*at != n)
			at = &(*at)->next;
		*at = n->next;
	}
	n->sock = NULL;
}
