/* SPDX-License-Identifier: MIT */
/*
 * container COMMAND...: runs a command as container runtimes do by default: system calls that are
 * for administrators are EPERM, by a seccomp filter, also for user 0.
 */
#include "as_filtered.h"

#ifndef SYS_mount_setattr
#define SYS_mount_setattr	442
#endif

int main(int argc, char **argv)
{
	struct sock_filter f[] = {
		LOAD_NR,
		DENY(SYS_unshare, EPERM), DENY(SYS_setns, EPERM), DENY(SYS_mount, EPERM),
		DENY(SYS_umount2, EPERM), DENY(SYS_open_tree, EPERM), DENY(SYS_move_mount, EPERM),
		DENY(SYS_fsopen, EPERM), DENY(SYS_fsconfig, EPERM), DENY(SYS_fsmount, EPERM),
		DENY(SYS_mount_setattr, EPERM), DENY(SYS_pivot_root, EPERM),
		ALLOW_REST,
	};

	(void)argc;
	return exec_filtered(argv, f, sizeof(f) / sizeof(f[0]));
}
