/* SPDX-License-Identifier: MIT */
/* A part of a file system may be mounted a second time: who reaches which by way of that. */
#ifndef MVM_NET_MOUNTS_H
#define MVM_NET_MOUNTS_H

/*
 * Does the directory dir, or one that it lies in, show below the directory top, where it is mounted
 * once more?  Both are descriptors.  1 or 0; -errno: /proc does not tell, as in a chroot whose root
 * is no mount.  What lies below itself by its path alone is not looked for.
 */
int mounts_show(int top, int dir);

#endif
