/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/mounts and mountinfo: the runtime's tree, what covers a grant, and the grants.
 * Source: proc(5), fstab(5).
 */
#include "fs/proc.h"
#include "lib/printf.h"

#define LINE_MAX	160U		/* without the path */
#define ROOT_ID		20U		/* of the first mount in mountinfo */

struct line {
	const char *path, *type, *source;
	bool read_only;
	u32 dev;			/* minor number of st_dev */
	u64 kib;			/* limit of its size; 0: not told */
};

/* Blanks, newlines and backslashes of a path are written in octal. */
static u32 put_path(char *at, const char *path)
{
	u32 n = 0;

	for (; *path; path++) {
		if (*path == ' ' || *path == '\t' || *path == '\n' || *path == '\\')
			n += (u32)rt_snprintf(at + n, 5, "\\%03o", (u8)*path);
		else
			at[n++] = *path;
	}
	return n;
}

static const struct line own[] = {
	{ "/dev", "devtmpfs", "devtmpfs", false, FS_RAM_DEV, 0 },
	{ "/proc", "proc", "proc", false, FS_RAM_DEV, 0 },
	{ "/sys", "sysfs", "sysfs", false, FS_RAM_DEV, 0 },
};

/* Does another line tell of this cover, or nothing yet whether it is one? */
static bool told(const struct mount *m)
{
	for (u32 k = 0; k < ARRAY_SIZE(own); k++)
		if (!strcmp(m->path, own[k].path))
			return true;
	for (const struct ramfs *fs = ram_root.next; fs; fs = fs->next)
		if (!strcmp(m->path, fs->path))
			return true;
	return m->unless;
}

/* Number i of the mounts; false: there are no more. */
static bool get_line(u32 i, struct line *l)
{
	const struct mount *m = fs_mounts, *root = fs_root->mounted;

	if (i == 0) {
		*l = (struct line){ "/", "tmpfs", "tmpfs", false, FS_RAM_DEV, 0 };
		if (root)
			*l = (struct line){ "/", "mvm", "grant", !(root->rights & MVM_RIGHT_CREATE),
					    FS_RAM_DEV, 0 };
		return true;
	}
	if (--i < ARRAY_SIZE(own)) {
		*l = own[i];
		return true;
	}
	i -= ARRAY_SIZE(own);
	for (const struct ramfs *fs = ram_root.next; fs; fs = fs->next) {
		if (i--)
			continue;
		*l = (struct line){ fs->path, "tmpfs", "tmpfs", false, (u32)fs->dev,
				    fs->pages_max * (MVM_PAGE_SIZE / 1024) };
		return true;
	}
	for (; m; m = m->next) {
		if (m != root && !(m->cover && told(m)) && !i--)
			break;
	}
	if (!m)
		return false;
	*l = (struct line){ m->path, m->cover ? "tmpfs" : "mvm", m->cover ? "tmpfs" : "grant",
			    !m->cover && !(m->rights & MVM_RIGHT_CREATE), FS_RAM_DEV, 0 };
	return true;
}

static u32 put_options(char *at, const struct line *l)
{
	const char *mode = l->read_only ? "ro" : "rw";

	return (u32)(l->kib ? rt_snprintf(at, LINE_MAX, "%s,size=%luk", mode, l->kib) :
			      rt_snprintf(at, LINE_MAX, "%s", mode));
}

static u32 put_mount(char *at, u32 i, const struct line *l)
{
	u32 n = (u32)rt_snprintf(at, LINE_MAX, "%s ", l->source);

	(void)i;
	n += put_path(at + n, l->path);
	n += (u32)rt_snprintf(at + n, LINE_MAX, " %s ", l->type);
	n += put_options(at + n, l);
	return n + (u32)rt_snprintf(at + n, LINE_MAX, " 0 0\n");
}

static u32 put_mountinfo(char *at, u32 i, const struct line *l)
{
	u32 n = (u32)rt_snprintf(at, LINE_MAX, "%u %u 0:%u / ", ROOT_ID + i, i ? ROOT_ID : 1,
				 l->dev);

	n += put_path(at + n, l->path);
	n += (u32)rt_snprintf(at + n, LINE_MAX, " %s - %s %s ", l->read_only ? "ro" : "rw",
			      l->type, l->source);
	n += put_options(at + n, l);
	at[n++] = '\n';
	return n;
}

static long print(char **text, u32 (*put)(char *, u32, const struct line *))
{
	u32 max = 1, n = 0;
	struct line l;

	for (u32 i = 0; get_line(i, &l); i++)
		max += 4 * (u32)strlen(l.path) + 2 * LINE_MAX;
	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	for (u32 i = 0; get_line(i, &l); i++)
		n += put(*text + n, i, &l);
	return n;
}

long proc_mounts(struct node *n, char **text)
{
	(void)n;
	return print(text, put_mount);
}

long proc_mountinfo(struct node *n, char **text)
{
	(void)n;
	return print(text, put_mountinfo);
}
