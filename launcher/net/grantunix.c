/* SPDX-License-Identifier: MIT */
/*
 * Opens what --connect unix: names: the directory that the socket is in.  The socket itself need
 * not be there yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "grant.h"
#include "mounts.h"
#include "msg.h"
#include "same_file.h"
#include "unixto.h"

static bool same_dir(int a, int b)
{
	struct stat s, t;

	return !fstat(a, &s) && !fstat(b, &t) && same_file(&s, &t);
}

/* Does dir lie in top, or is it that? */
static bool lies_in(int dir, int top)
{
	int at = dir, up;
	bool found, root;

	do {
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		found = same_dir(at, top);
		root = up < 0 || same_dir(at, up);
		if (at != dir)
			close(at);
		at = up;
	} while (!found && !root);
	if (at >= 0)
		close(at);
	return found;
}

/*
 * Where the guest makes names it could make a link, which connect(2) would follow to anywhere, or
 * give another socket this one's name.  1, 0 or -errno: it cannot be told.
 */
static int guest_may_replace(int dir, const struct handles *t)
{
	int r = 0;

	for (uint32_t i = 0; i < t->used && !r; i++) {
		const struct handle *h = &t->h[i];

		if (h->fd >= 0 && h->kind == MVM_KIND_DIR && !h->read_only)
			r = lies_in(dir, h->fd) ? 1 : mounts_show(h->fd, dir);
	}
	return r;
}

/* What is there now, if anything is: a socket? */
static int check_kind(const struct plan_unix *u, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
		verbose("--connect unix:%s: nothing is there yet: %s", u->host, strerror(errno));
		return 0;
	}
	return S_ISSOCK(st.st_mode) ? 0 :
	       fail(EXIT_MVM, "--connect unix:%s: is no socket; name one that a server listens at",
		    u->host);
}

/* The directory of path, open; -1 with errno. */
static int open_dir(const char *path, size_t len)
{
	char dir[PATH_MAX] = ".";

	if (len) {
		memcpy(dir, path, len);
		dir[len] = '\0';
	}
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Notes the socket's name as number n.  Its directory's descriptor; -1 with the message printed. */
static int open_place(const struct plan_unix *u, size_t n)
{
	/* A link is followed now and not again; what is not there yet is taken as it is named. */
	char *real = realpath(u->host, NULL);
	const char *path = real ? real : u->host, *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int dir = -1;

	if (unix_to_note(n, name)) {
		fail(EXIT_MVM, "--connect unix:%s: cannot be the name of a socket; name one whose "
		     "last part has 1 to 107 bytes", u->host);
	} else {
		dir = open_dir(path, slash == path ? 1 : slash ? (size_t)(slash - path) : 0);
		if (dir < 0)
			fail(EXIT_MVM, "--connect unix:%s: cannot open its directory: %s; name a "
			     "socket in a directory that exists and that you may enter", u->host,
			     strerror(errno));
	}
	free(real);
	return dir;
}

static int check_place(const struct plan_unix *u, int dir, const char *name,
		       const struct handles *t)
{
	int replace = guest_may_replace(dir, t);

	if (replace < 0)
		return fail(EXIT_MVM, "--connect unix:%s: cannot tell whether a --dir or --root "
			    "that the guest may change has it mounted: /proc/self/mountinfo: %s; "
			    "mount /proc, in a chroot also its root directory, or grant that with "
			    ":ro", u->host, replace == -ENOENT ? "does not list its mount" :
			    strerror(-replace));
	if (replace)
		return fail(EXIT_MVM, "--connect unix:%s: is in a --dir or --root that the guest "
			    "may change, where it could be led to any other socket; grant that "
			    "with :ro", u->host);
	return check_kind(u, dir, name);
}

static int grant_one(const struct plan_unix *u, size_t n, struct handles *t, struct grants *g)
{
	int dir = open_place(u, n), handle;

	if (dir < 0)
		return EXIT_MVM;
	if (check_place(u, dir, unix_to_name(n), t)) {
		close(dir);
		return EXIT_MVM;
	}
	handle = grant_enter(t, g, dir, MVM_KIND_UNIX, 0, u->guest);
	if (handle < 0)
		return EXIT_MVM;
	t->h[handle].base = n;
	t->h[handle].read_only = true;
	return 0;
}

int grant_unix(const struct plan *plan, struct handles *t, struct grants *g)
{
	int status = 0;

	for (size_t i = 0; i < plan->nunixes && !status; i++)
		status = grant_one(&plan->unixes[i], i, t, g);
	return status;
}
