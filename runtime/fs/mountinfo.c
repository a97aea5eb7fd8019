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

/* Number i of the mounts; false: there are no more. */
static bool get_line(u32 i, struct line *l)
{
	static const struct line own[] = {
		{ "/dev", "devtmpfs", "devtmpfs", false, FS_RAM_DEV },
		{ "/proc", "proc", "proc", false, FS_RAM_DEV },
		{ "/sys", "sysfs", "sysfs", false, FS_RAM_DEV },
	};
	const struct mount *m = fs_mounts, *root = fs_root->mounted;

	if (i == 0) {
		*l = (struct line){ "/", "tmpfs", "tmpfs", false, FS_RAM_DEV };
		if (root)
			*l = (struct line){ "/", "mvm", "grant", !(root->rights & MVM_RIGHT_CREATE),
					    FS_RAM_DEV };
		return true;
	}
	if (--i < ARRAY_SIZE(own)) {
		*l = own[i];
		return true;
	}
	i -= ARRAY_SIZE(own);
	for (; m; m = m->next) {
		bool shown = m != root && !m->unless;

		for (u32 k = 0; k < ARRAY_SIZE(own); k++)
			shown = shown && !(m->cover && !strcmp(m->path, own[k].path));
		if (shown && !i--)
			break;
	}
	if (!m)
		return false;
	*l = (struct line){ m->path, m->cover ? "tmpfs" : "mvm", m->cover ? "tmpfs" : "grant",
			    !m->cover && !(m->rights & MVM_RIGHT_CREATE), FS_RAM_DEV };
	return true;
}

static u32 put_mount(char *at, u32 i, const struct line *l)
{
	u32 n = (u32)rt_snprintf(at, LINE_MAX, "%s ", l->source);

	(void)i;
	n += put_path(at + n, l->path);
	return n + (u32)rt_snprintf(at + n, LINE_MAX, " %s %s 0 0\n", l->type,
				    l->read_only ? "ro" : "rw");
}

static u32 put_mountinfo(char *at, u32 i, const struct line *l)
{
	const char *mode = l->read_only ? "ro" : "rw";
	u32 n = (u32)rt_snprintf(at, LINE_MAX, "%u %u 0:%u / ", ROOT_ID + i, i ? ROOT_ID : 1, l->dev);

	n += put_path(at + n, l->path);
	return n + (u32)rt_snprintf(at + n, LINE_MAX, " %s - %s %s %s\n", mode, l->type, l->source,
				    mode);
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
