/* SPDX-License-Identifier: MIT */
/*
 * What only root can give up: the root directory, the way up from granted directories, the
 * capability bounding set, the user.
 *
 * The new root is an empty, detached, read-only tmpfs (fsmount(2)) entered by chroot(2).  Once
 * CAP_SYS_CHROOT and CAP_SYS_ADMIN are gone and no descriptor leads out, that is as closed as a
 * mount namespace with pivot_root(2), which does the same at three times the price (here: 165 us
 * against 50 us of wall time, start to exit).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h>
#include "confine_int.h"
#include "msg.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE	0x8000
#endif

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
	int fd = empty_mount();

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
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) ||
	    dup3(fd, h->fd, O_CLOEXEC) < 0)
		err = -errno;
	close(fd);
	return err;
}

int confine_detach_dirs(struct confinement *c)
{
	for (uint32_t i = 0; i < c->handles->used; i++) {
		struct handle *h = &c->handles->h[i];
		int err = h->fd >= 0 && h->kind == MVM_KIND_DIR ? detach_dir(h) : 0;

		if (err)
			verbose("confinement: %s cannot be a mount of its own: %s (Landlock and "
				"openat2 still keep the guest below it)",
				i < GRANTS_MAX && c->grants->paths[i] ? c->grants->paths[i] : "--dir",
				strerror(-err));
	}
	return 0;
}

/* The raw calls: the C library's would signal other threads to change as well. */
static int become(const struct confinement *c)
{
	if (syscall(SYS_setgroups, 0, NULL) && errno != EPERM)
		goto failed;
	if (syscall(SYS_setresgid, c->gid, c->gid, c->gid) ||
	    syscall(SYS_setresuid, c->uid, c->uid, c->uid))
		goto failed;
	return 0;
failed:
	fail(EXIT_MVM, "confinement: cannot become user %u, group %u: %s; start mvm as an "
	     "ordinary user", c->uid, c->gid, strerror(errno));
	return -1;
}

int confine_root(struct confinement *c)
{
	/* Not shared with the thread that is still looking for the device. */
	if (unshare(CLONE_FS)) {
		fail(EXIT_MVM, "confinement: unshare: %s", strerror(errno));
		return -1;
	}
	confine_detach_dirs(c);
	enter_empty_root();
	for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	return become(c);
}
