/* SPDX-License-Identifier: MIT */
/*
 * What only root can give up: the root directory, the way up from granted directories, the
 * privileges of user 0, the user.
 *
 * The new root is a directory that has been removed: nothing can be made in it, nothing leads
 * out of it (chroot(2); CAP_SYS_CHROOT and CAP_SYS_ADMIN go right after), and unlike a mount it
 * costs nothing to take down, where the kernel would wait for all its processors.  Where no
 * directory can be made it is an empty, detached, read-only tmpfs (fsmount(2)).  A mount namespace
 * with pivot_root(2) would be no tighter.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include "confine_int.h"
#include "msg.h"

#define SECUREBITS	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED | \
			 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
			 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE	0x8000
#endif

/* A removed directory.  -1; its descriptor otherwise. */
static int empty_dir(void)
{
	static const char *const places[] = { "/dev/shm", "/run", "/tmp" };
	char path[64];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/.mvm-%d", places[i], (int)getpid());
		if (mkdir(path, 0))
			continue;
		fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		rmdir(path);
	}
	return fd;
}

/* -1 with errno; the descriptor of an empty root otherwise. */
static int empty_mount(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	int fd = -1, e;

	if (fs < 0)
		return -1;
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY |
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	e = errno;
	close(fs);
	errno = e;
	return fd;
}

static void enter_empty_root(void)
{
	int fd = empty_dir();

	if (fd < 0)
		fd = empty_mount();
	if (fd < 0 || fchdir(fd) || chroot("."))
		verbose("confinement: the root directory stays: %s (Landlock and seccomp still "
			"bar it)", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int detach_dir(struct handle *h)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			    (h->read_only ? MOUNT_ATTR_RDONLY : 0),
	};
	int fd = (int)syscall(SYS_open_tree, h->fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			      AT_EMPTY_PATH | AT_RECURSIVE);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)))
		err = -errno;
	if (!err && dup3(fd, h->fd, O_CLOEXEC) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void detach_dirs(struct confinement *c)
{
	for (uint32_t i = 0; i < c->handles->used; i++) {
		struct handle *h = &c->handles->h[i];
		bool dir = h->kind == MVM_KIND_DIR || h->kind == MVM_KIND_UNIX;
		int err = h->fd >= 0 && dir ? detach_dir(h) : 0;

		if (err)
			verbose("confinement: %s cannot be a mount of its own: %s (Landlock and "
				"openat2 still keep the guest below it)",
				i < GRANTS_MAX ? c->grants->paths[i] : "--dir",
				strerror(-err));
	}
}

/*
 * The root of a container may lack the capability, or its user namespace the user.  It has little
 * to lose then, and loses its capabilities in any case.
 */
static bool root_of_container(void)
{
	return errno == EPERM || errno == EINVAL;
}

/* The raw calls: the C library's would signal other threads to change as well. */
static int become(struct confinement *c)
{
	if (!syscall(SYS_setgroups, 0, NULL) || errno == EPERM)
		if (!syscall(SYS_setresgid, c->gid, c->gid, c->gid) &&
		    !syscall(SYS_setresuid, c->uid, c->uid, c->uid))
			return 0;
	if (root_of_container()) {
		verbose("confinement: cannot become user %u, group %u: %s; stays user 0 without "
			"privileges", c->uid, c->gid, strerror(errno));
		c->uid = c->gid = 0;
		c->uid_why = "the kernel does not let it change";
		return 0;
	}
	fail(EXIT_MVM, "confinement: cannot become user %u, group %u: %s; start mvm as an "
	     "ordinary user", c->uid, c->gid, strerror(errno));
	return -1;
}

int confine_root(struct confinement *c)
{
	detach_dirs(c);
	/*
	 * For the thread that creates the VM as well: it opens nothing.  Giving that one a root
	 * of its own takes unshare(2), which container runtimes forbid, also to their root.
	 */
	enter_empty_root();
	/*
	 * User 0 is nobody special any more, for good.  This says in one call what emptying the
	 * capability bounding set says in forty: no exec could bring a capability back.
	 */
	if (prctl(PR_SET_SECUREBITS, SECUREBITS) && !root_of_container()) {
		fail(EXIT_MVM, "confinement: root's privileges stay: %s; start mvm as an ordinary "
		     "user", strerror(errno));
		return -1;
	}
	return become(c);
}
