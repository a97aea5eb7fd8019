/* SPDX-License-Identifier: MIT */
/*
 * Names below a directory of the host.  Owns how a path of the guest is resolved: never above
 * the directory of its handle, never through a magic link, whatever is renamed or linked
 * meanwhile.  openat2(2) with RESOLVE_BENEATH does it; calls that have no such flag are given
 * a parent directory that was resolved so and one last component.
 *
 * Needs (system calls), with a --dir:
 *	openat2(*, *, *, sizeof(struct open_how))	seccomp cannot see its flags
 *	newfstatat(*, *, *, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)
 *	fstat close
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"
#include "svc.h"

const char path_empty[] = "";

/* The kernel gives up on ".." with EAGAIN while anything is renamed; others may rename for ever. */
#define OPEN_TRIES	64

int path_get(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t len, struct path *p)
{
	if (!len)
		return -ENOENT;
	if (len > MVM_PATH_MAX)
		return -ENAMETOOLONG;
	if (gate_copy_in(ram, p->s, addr, len))
		return -EFAULT;
	p->len = len;
	p->s[len] = '\0';
	if (memchr(p->s, '\0', len))
		return -EINVAL;
	return p->s[0] == '/' ? -EXDEV : 0;
}

int path_open(int dirfd, const char *path, int flags, uint32_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int64_t fd;
	int tries = OPEN_TRIES;

	do
		fd = UNINTERRUPTED(syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
	while (fd == -EAGAIN && --tries);
	return (int)fd;
}

/* A single name that cannot lead out of its directory by itself. */
static bool is_simple(const char *path)
{
	return !strchr(path, '/') && strcmp(path, "..") != 0;
}

int path_stat(int dirfd, const char *path, bool follow, struct stat *st)
{
	int fd, err;

	if (is_simple(path)) {
		if (fstatat(dirfd, path, st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
			return -errno;
		if (!follow || !S_ISLNK(st->st_mode))
			return 0;
	}
	fd = path_open(dirfd, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);
	if (fd < 0)
		return fd;
	err = fstat(fd, st) ? -errno : 0;
	close(fd);
	return err;
}

int place_find(int dirfd, struct path *p, struct place *pl)
{
	char *end = p->s + p->len, *name;

	/* The path is relative and not empty: the slashes at its end are not all of it. */
	while (end[-1] == '/')
		end--;
	name = end;
	while (name > p->s && name[-1] != '/')
		name--;
	pl->name = name;
	pl->dots = name[0] == '.' &&
		   (end - name == 1 || (end - name == 2 && name[1] == '.'));
	pl->opened = name > p->s;
	pl->fd = dirfd;
	if (!pl->opened)
		return 0;
	name[-1] = '\0';
	pl->fd = path_open(dirfd, p->s, O_PATH | O_DIRECTORY, 0);
	return pl->fd < 0 ? pl->fd : 0;
}

void place_close(struct place *pl)
{
	if (pl->opened)
		close(pl->fd);
}

struct handle *dir_get(struct service *s, int32_t n, uint32_t rights, int *err)
{
	struct handle *h = handle_get(&s->handles, n);

	if (!h)
		*err = -EBADF;
	else if (h->kind != MVM_KIND_DIR)
		*err = -ENOTDIR;
	else if (rights & ~h->rights & MVM_RIGHT_CREATE)
		*err = -EROFS;
	else if (rights & ~h->rights)
		*err = -EACCES;
	else
		return h;
	return NULL;
}
