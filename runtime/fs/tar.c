/* SPDX-License-Identifier: MIT */
/*
 * Unpacks an uncompressed tar archive into the tree: names, attributes and links; what is in the
 * files stays in the archive (archive.h).  Headers are read through a window, so that small files
 * cost no request each and large ones are stepped over.  Sources: POSIX.1-2017, pax, "ustar
 * Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 */
#include "fs/archive.h"
#include "lib/printf.h"

#define BLOCK		512U
#define WINDOW		(64U << 10)
#define LONG_MAX	(64U << 10)		/* bytes of an extended header, or of a long name */

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct tar {
	s32 handle;
	u64 size, pos;
	char *window;			/* of [from, from + len) */
	u64 from, len;
	/* Of the entry that is read: what extended headers before it said; NULL, or UINT64_MAX. */
	char *name, *link;
	u64 file_size;
	s64 mtime;
	bool has_mtime;
	struct dir_time *times;
};

/* A directory's time is set when nothing more is put into it. */
struct dir_time {
	struct dir_time *next;
	struct node *dir;		/* a reference */
	struct fs_time mtime;
};

/* Ends the VM: what is wrong, and where. */
static _Noreturn void damaged(const struct tar *t, const char *what)
{
	rt_panic("--root: the archive %s at byte %lu; unpack it with tar to see what is wrong with "
		 "it, and use --root with the directory", what, t->pos);
}

static _Noreturn void no_memory(const struct tar *t)
{
	damaged(t, "does not fit in the guest's memory (raise --mem)");
}

/* ---- Bytes and numbers ---------------------------------------------------------------------- */

/* n bytes at off, in the window; n is at most WINDOW.  NULL: the archive ends before them. */
static const char *bytes(struct tar *t, u64 off, u64 n)
{
	long got;

	if (off + n < off || off + n > t->size)
		return NULL;
	if (off < t->from || off + n > t->from + t->len) {
		got = archive_bytes(t->handle, t->window, MIN(WINDOW, t->size - off), off);
		t->from = off;
		t->len = got > 0 ? (u64)got : 0;
	}
	return off + n <= t->from + t->len ? t->window + (off - t->from) : NULL;
}

/* Octal digits, or with the first bit set a binary number, as GNU tar writes large ones. */
static u64 number(const struct tar *t, const char *s, u32 n)
{
	u64 v = 0;

	if (s[0] & 0x80) {
		for (u32 i = 1; i < n; i++) {
			if (v >> 55)
				damaged(t, "has a number that is too large");
			v = v << 8 | (u8)s[i];
		}
		return v;
	}
	while (n && *s == ' ')
		s++, n--;
	for (; n && *s >= '0' && *s <= '7'; s++, n--)
		v = v << 3 | (u64)(*s - '0');
	if (n && *s && *s != ' ')
		damaged(t, "has a number with other characters than digits");
	return v;
}

/* The sum of the header's bytes, its own field counted as blanks. */
static bool sum_is_right(const struct tar *t, const struct header *h)
{
	const u8 *b = (const u8 *)h;
	u64 sum = 0, at = offsetof(struct header, sum);

	for (u32 i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + sizeof(h->sum) ? ' ' : b[i];
	return sum == number(t, h->sum, sizeof(h->sum));
}

static bool all_zero(const struct header *h)
{
	const char *b = (const char *)h;

	for (u32 i = 0; i < BLOCK; i++)
		if (b[i])
			return false;
	return true;
}

/* ---- Names ---------------------------------------------------------------------------------- */

static char *dup(const struct tar *t, const char *s, u64 n)
{
	u64 len = 0;
	char *p;

	while (len < n && s[len])
		len++;
	p = kstrndup(s, len);
	if (!p)
		no_memory(t);
	return p;
}

/* The entry's name, with "/" before it, in the heap. */
static char *name_of(struct tar *t, const struct header *h)
{
	char *path = kmalloc(FS_PATH_MAX + 2), *own = t->name;
	int n;

	if (!path)
		no_memory(t);
	if (own)
		n = rt_snprintf(path, FS_PATH_MAX + 1, "/%s", own);
	else if (h->prefix[0] && !memcmp(h->magic, "ustar", 6))
		n = rt_snprintf(path, FS_PATH_MAX + 1, "/%.155s/%.100s", h->prefix, h->name);
	else
		n = rt_snprintf(path, FS_PATH_MAX + 1, "/%.100s", h->name);
	if (n > (int)FS_PATH_MAX)
		damaged(t, "has a name that is too long");
	while (n > 1 && path[n - 1] == '/')
		path[--n] = 0;
	return path;
}

static bool is_ours(const char *path)
{
	while (path[0] == '/' && (path[1] == '/' || (path[1] == '.' && path[2] == '/')))
		path += path[1] == '/' ? 1 : 2;
	return tree_owns(path);
}

/* ---- Entries -------------------------------------------------------------------------------- */

/* Where path is to be: walks to it, making directories that no entry was there for. */
static long place(const char *path, struct name *r)
{
	long err = walk(NULL, path, W_PARENT, r);

	if (err == -ENOENT) {
		const char *slash = strrchr(path, '/');
		char *up = kstrndup(path, slash - path);

		node_put(up ? tree_mkdirs(up) : NULL);
		kfree(up);
		err = walk(NULL, path, W_PARENT, r);
	}
	return err;
}

static void set_time_later(struct tar *t, struct node *dir)
{
	struct dir_time *d = kmalloc(sizeof(*d));

	if (!d)
		no_memory(t);
	*d = (struct dir_time){ t->times, node_get(dir), dir->mtime };
	t->times = d;
}

/* In the order of the entries: of two for one directory the last counts. */
static void set_times(struct tar *t)
{
	struct dir_time *d, *kept = NULL;

	while ((d = t->times)) {
		t->times = d->next;
		d->next = kept;
		kept = d;
	}
	while ((d = kept)) {
		kept = d->next;
		d->dir->mtime = d->dir->atime = d->mtime;
		node_put(d->dir);
		kfree(d);
	}
}

static void set_attributes(struct tar *t, const struct header *h, struct node *n)
{
	n->mode = (n->mode & S_IFMT) | (number(t, h->mode, sizeof(h->mode)) & 07777);
	n->uid = (u32)number(t, h->uid, sizeof(h->uid));
	n->gid = (u32)number(t, h->gid, sizeof(h->gid));
	n->mtime.sec = t->has_mtime ? t->mtime : (s64)number(t, h->mtime, sizeof(h->mtime));
	n->mtime.nsec = 0;
	n->atime = n->mtime;
	if (is_dir(n))
		set_time_later(t, n);
}

/* The node that path leads to, for a hard link; a reference. */
static struct node *link_target(const char *link)
{
	char *path = kmalloc(FS_PATH_MAX);
	struct node *n = NULL;
	struct name r;

	if (path && rt_snprintf(path, FS_PATH_MAX, "/%s", link) < (int)FS_PATH_MAX &&
	    !walk(NULL, path, 0, &r)) {
		n = r.node && !is_dir(r.node) ? node_get(r.node) : NULL;
		name_done(&r);
	}
	kfree(path);
	return n;
}

/* A node for the entry; a reference.  NULL: the entry is of a kind that is left out. */
static struct node *make(struct tar *t, const struct header *h, u64 data, struct node *dir)
{
	struct node *n;
	char *link;

	switch (h->type) {
	case '1':
		link = t->link ? t->link : dup(t, h->link, sizeof(h->link));
		n = link_target(link);
		if (link != t->link)
			kfree(link);
		if (!n)
			damaged(t, "has a hard link to a file that is not before it");
		return n;
	case '2':
		n = node_new_in(dir, S_IFLNK | 0777);
		if (!n)
			no_memory(t);
		n->target = t->link ? dup(t, t->link, LONG_MAX) : dup(t, h->link, sizeof(h->link));
		n->size = strlen(n->target);
		return n;
	case '6':
		n = node_new_in(dir, S_IFIFO | 0600);
		break;
	case '5':
		n = node_new_in(dir, S_IFDIR | 0755);
		break;
	case '3':
	case '4':
		return NULL;		/* devices: those of the runtime are all there are */
	default:
		n = node_new_in(dir, S_IFREG | 0600);
		if (n) {
			n->size = n->archive_len = t->file_size;
			n->archive_off = data;
		}
	}
	if (!n)
		no_memory(t);
	return n;
}

static void enter(struct tar *t, const struct header *h, const struct name *r, u64 data)
{
	struct node *n = make(t, h, data, r->dir);
	int err = 0;

	if (!n)
		return;
	if (h->type != '1')
		set_attributes(t, h, n);
	if (!r->node)
		err = dir_add(r->dir, r->last, r->len, n);
	else if (n != r->node)
		dir_replace(r->dir, r->last, r->len, n);
	if (err)
		no_memory(t);
	node_put(n);
}

static void take_entry(struct tar *t, const struct header *h, u64 data)
{
	char *path = name_of(t, h);
	struct name r;
	long err;

	if (is_ours(path))
		goto out;
	err = place(path, &r);
	if (err)
		damaged(t, "has a name that leads nowhere");
	if (r.type == LAST_ROOT || r.type == LAST_DOT)
		;			/* "./" */
	else if (r.type != LAST_NAME)
		damaged(t, "has a name that ends in '..'");
	else if (h->type == '5' && r.node && is_dir(r.node))
		set_attributes(t, h, r.node);
	else if (r.node && is_dir(r.node))
		damaged(t, "has a file where there is a directory already");
	else
		enter(t, h, &r, data);
	name_done(&r);
out:
	kfree(path);
}

/* ---- Extended headers ----------------------------------------------------------------------- */

static void keep(const struct tar *t, char **where, const char *s, u64 n)
{
	kfree(*where);
	*where = dup(t, s, n);
}

static u64 decimal(const char *s, const char *end)
{
	u64 v = 0;

	while (s < end && *s >= '0' && *s <= '9')
		v = v * 10 + (u64)(*s++ - '0');
	return v;
}

static bool is_key(const char *s, u64 n, const char *key)
{
	return n == strlen(key) && !memcmp(s, key, n);
}

/* One record of a pax header: "LENGTH KEY=VALUE\n". */
static void take_record(struct tar *t, const char *key, const char *end)
{
	const char *value = key;

	while (value < end && *value != '=')
		value++;
	if (value == end)
		damaged(t, "has an extended header that makes no sense");
	value++;
	if (is_key(key, (u64)(value - key) - 1, "path"))
		keep(t, &t->name, value, (u64)(end - value));
	else if (is_key(key, (u64)(value - key) - 1, "linkpath"))
		keep(t, &t->link, value, (u64)(end - value));
	else if (is_key(key, (u64)(value - key) - 1, "size"))
		t->file_size = decimal(value, end);
	else if (is_key(key, (u64)(value - key) - 1, "mtime"))
		t->has_mtime = true, t->mtime = (s64)decimal(value, end);
	else if (end - key > 11 && !memcmp(key, "GNU.sparse.", 11))
		damaged(t, "has a sparse file, which mvm does not unpack,");
}

static void take_pax(struct tar *t, const char *s, u64 n)
{
	const char *end = s + n;

	while (s < end && *s) {
		u64 len = decimal(s, end);
		const char *key = s;

		while (key < end && *key != ' ')
			key++;
		if (!len || len > (u64)(end - s) || key + 1 >= s + len || s[len - 1] != '\n')
			damaged(t, "has an extended header that makes no sense");
		take_record(t, key + 1, s + len - 1);
		s += len;
	}
}

static void forget(struct tar *t)
{
	kfree(t->name);
	kfree(t->link);
	t->name = t->link = NULL;
	t->file_size = UINT64_MAX;
	t->has_mtime = false;
}

/* An entry that describes the next one.  False: it is one itself. */
static bool take_extension(struct tar *t, const struct header *h, u64 data, u64 size)
{
	char type = h->type;		/* h goes when the window moves */
	const char *s;

	if (type != 'x' && type != 'g' && type != 'L' && type != 'K')
		return false;
	s = size <= LONG_MAX ? bytes(t, data, size) : NULL;
	if (!s)
		damaged(t, size > LONG_MAX ? "has an extended header that is too large" :
					     "is cut off");
	if (type == 'x')
		take_pax(t, s, size);
	else if (type == 'L')
		keep(t, &t->name, s, size);
	else if (type == 'K')
		keep(t, &t->link, s, size);
	return true;
}

/* ---- The archive ---------------------------------------------------------------------------- */

static void check_start(struct tar *t)
{
	const struct header *h = (const void *)bytes(t, 0, BLOCK);

	if (h && (!memcmp(h, "\x1f\x8b", 2) || !memcmp(h, "\xfd" "7zXZ", 5) ||
		  !memcmp(h, "\x28\xb5\x2f\xfd", 4) || !memcmp(h, "BZh", 3)))
		rt_panic("--root: the archive is compressed; decompress it first (gunzip, unxz, "
			 "unzstd, bunzip2)");
	if (h && (all_zero(h) || !memcmp(h->magic, "ustar", 5) || sum_is_right(t, h)))
		return;
	rt_panic("--root: the file is not a tar archive; name a directory tree or an uncompressed "
		 "tar archive");
}

static bool old_directory(const struct header *h)
{
	u32 len = 0;

	while (len < sizeof(h->name) && h->name[len])
		len++;
	return len && h->name[len - 1] == '/';
}

static void take_header(struct tar *t, const struct header *shown)
{
	struct header h = *shown;	/* the window moves */
	u64 data = t->pos + BLOCK, size = number(t, h.size, sizeof(h.size)), room = size;

	if (!sum_is_right(t, &h))
		damaged(t, "has a header whose checksum is wrong");
	/* Before POSIX a directory was told by the slash behind its name. */
	if ((!h.type || h.type == '0') && old_directory(&h))
		h.type = '5';
	if (h.type == 'S')
		damaged(t, "has a sparse file, which mvm does not unpack,");
	if (take_extension(t, &h, data, size)) {
		t->pos = data + ALIGN_UP(size, BLOCK);
		return;
	}
	if (t->file_size == UINT64_MAX)
		t->file_size = size;
	room = t->file_size;
	if (h.type >= '1' && h.type <= '6')
		room = 0;		/* links and directories have no data, whatever they say */
	if (room > t->size || data > t->size - room)
		damaged(t, "is cut off");
	if (h.type != 'V')
		take_entry(t, &h, data);
	forget(t);
	t->pos = data + ALIGN_UP(room, BLOCK);
}

void tar_unpack(s32 handle, u64 size)
{
	struct tar t = { .handle = handle, .size = size, .window = kmalloc(WINDOW) };
	const struct header *h;

	if (!t.window)
		no_memory(&t);
	forget(&t);
	check_start(&t);
	while (t.pos < size) {
		h = (const void *)bytes(&t, t.pos, BLOCK);
		if (!h)
			damaged(&t, "is cut off");
		if (all_zero(h))
			break;
		take_header(&t, h);
	}
	forget(&t);
	set_times(&t);
	kfree(t.window);
}
