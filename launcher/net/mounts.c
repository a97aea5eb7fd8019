/* SPDX-License-Identifier: MIT */
/*
 * Mounts as proc(5) tells of them.  Each line of /proc/self/mountinfo says which part of which file
 * system (ROOT, MAJOR:MINOR) shows where (MOUNTPOINT); so each directory has a place in its file
 * system, whatever ways lead there, and to be below another is a question of two such places.
 *
 *	ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS...
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mounts.h"

#define LINE_BYTES	(10 * PATH_MAX)	/* two paths of which each byte may be four */

/* A directory, by the mount that it is in. */
struct in_mount {
	long id;
	char path[PATH_MAX];
};

struct mount {
	long id;
	const char *dev, *root, *point;
};

/* Where a directory is in its file system: the mount's root and what comes below. */
struct place {
	char dev[32];
	char path[2 * PATH_MAX];
};

struct search {
	struct in_mount top, dir;
	bool top_found;
	struct place place;		/* of dir */
};

struct lines {
	int fd;
	size_t at, used;
	char buf[LINE_BYTES];
};

/* ---- Text ----------------------------------------------------------------------------------- */

/* What of path comes behind top, with its slash: "" when it is that.  NULL: it is not below. */
static const char *behind(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (len && top[len - 1] == '/')
		len--;
	return strncmp(path, top, len) || (path[len] && path[len] != '/') ? NULL : path + len;
}

/* Spaces and the like are \040 and so on. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		bool octal = s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
			     s[2] <= '7' && s[3] >= '0' && s[3] <= '7';

		*to++ = octal ? (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0')) : *s;
		s += octal ? 3 : 0;
	}
	*to = '\0';
}

/* The next line; NULL at the end, or *err. */
static char *next_line(struct lines *l, int *err)
{
	for (;;) {
		char *line = l->buf + l->at;
		char *end = memchr(line, '\n', l->used - l->at);
		ssize_t n;

		if (end) {
			*end = '\0';
			l->at = (size_t)(end - l->buf) + 1;
			return line;
		}
		memmove(l->buf, line, l->used - l->at);
		l->used -= l->at;
		l->at = 0;
		n = read(l->fd, l->buf + l->used, sizeof(l->buf) - l->used);
		if (n <= 0) {
			*err = n ? -errno : l->used ? -EOVERFLOW : 0;
			return NULL;
		}
		l->used += (size_t)n;
	}
}

static bool parse(char *line, struct mount *m)
{
	char *word[5], *rest = line;

	for (int i = 0; i < 5; i++) {
		word[i] = strsep(&rest, " ");
		if (!rest)
			return false;
	}
	unescape(word[3]);
	unescape(word[4]);
	*m = (struct mount){ strtol(word[0], NULL, 10), word[2], word[3], word[4] };
	return true;
}

/* ---- Mounts --------------------------------------------------------------------------------- */

static int find_mount(int fd, struct in_mount *d)
{
	char name[40], text[512];
	const char *id;
	ssize_t n;
	int info;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, d->path, sizeof(d->path) - 1);
	if (n < 0)
		return -errno;
	d->path[n] = '\0';
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	info = open(name, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	n = read(info, text, sizeof(text) - 1);
	close(info);
	text[n > 0 ? n : 0] = '\0';
	id = strstr(text, "mnt_id:");
	if (!id)
		return -ENOENT;
	d->id = strtol(id + strlen("mnt_id:"), NULL, 10);
	return 0;
}

/* Of a directory in this mount.  False: it is not there by the path that it has. */
static bool place_in(const struct mount *m, const char *path, struct place *p)
{
	const char *rest = behind(path, m->point);
	const char *root = strcmp(m->root, "/") ? m->root : "";

	if (!rest)
		return false;
	snprintf(p->dev, sizeof(p->dev), "%s", m->dev);
	snprintf(p->path, sizeof(p->path), "%s%s", root, rest);
	return true;
}

/* Finds dir's place, in the one mount that it is in. */
static bool find_place(const struct mount *m, struct search *s)
{
	return m->id == s->dir.id && place_in(m, s->dir.path, &s->place);
}

/* Does it show that place below top, which is in this mount, or above it? */
static bool shows_place(const struct mount *m, struct search *s)
{
	static struct place at;
	bool own = m->id == s->top.id;
	const char *path = own ? s->top.path : m->point;

	if (!behind(path, s->top.path) || !place_in(m, path, &at))
		return false;
	s->top_found |= own;
	return !strcmp(at.dev, s->place.dev) && behind(s->place.path, at.path);
}

/* 1 for the first of which it is true, 0 for none, or -errno. */
static int any_mount(bool (*is)(const struct mount *, struct search *), struct search *s)
{
	static struct lines l;
	struct mount m;
	bool found = false;
	char *line;
	int err = 0;

	l.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (l.fd < 0)
		return -errno;
	l.at = l.used = 0;
	while (!found && (line = next_line(&l, &err)))
		found = parse(line, &m) && is(&m, s);
	close(l.fd);
	return err ? err : found;
}

int mounts_show(int top, int dir)
{
	static struct search s;
	int r = find_mount(top, &s.top);

	s.top_found = false;
	if (!r)
		r = find_mount(dir, &s.dir);
	if (!r)
		r = any_mount(find_place, &s);
	if (r <= 0)
		return r ? r : -ENOENT;
	r = any_mount(shows_place, &s);
	return r || s.top_found ? r : -ENOENT;
}
