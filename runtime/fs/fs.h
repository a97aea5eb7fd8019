/* SPDX-License-Identifier: MIT */
/*
 * What fs/ offers to the other rooms.  Nodes, mounts and descriptors are its own affair
 * (fs/vfs.h); mm/ needs an open file to map it, sys/ needs the calls.
 */
#ifndef MVM_RT_FS_H
#define MVM_RT_FS_H

#include "rt.h"

struct file;

/* Builds the root (ramfs, /dev, /tmp, /etc, /proc/self basics), mounts the grants, opens 0..2. */
void fs_init(void);

/* A reference to descriptor fd's open file, or NULL.  file_put drops it. */
struct file *file_get(int fd);
void file_put(struct file *f);
void file_ref(struct file *f);
/* Opens a regular file by path, to be read.  A reference; NULL: *err (-EISDIR, -EACCES: none). */
struct file *file_open(const char *path, long *err);
/* May anybody execute it? */
bool file_executable(struct file *f);
/* Its absolute path, free of links, as a string of the heap; NULL: it has none. */
char *file_path(struct file *f);
/* Reads into runtime memory for a mapping.  Bytes, 0 at the end, or -errno. */
long file_pread(struct file *f, void *buf, size_t n, u64 off);
long file_pwrite(struct file *f, const void *buf, size_t n, u64 off);
/* Identity of the file for MAP_SHARED and /proc/self/maps: its device and inode number. */
void file_identity(struct file *f, u64 *dev, u64 *ino);
/* Is it the host's?  Then the handle that has its bytes, and where they begin there. */
bool file_outside(struct file *f, s32 *handle, u64 *off);
/* May it be mapped?  0, -EACCES (access mode), -ENODEV (kind). */
int file_can_map(struct file *f, u32 prot, bool shared);

/* RLIMIT_NOFILE's soft limit, kept here because every open looks at it; prlimit sets it. */
#define FS_NOFILE_SOFT	1024U
#define FS_NOFILE_HARD	1048576U
extern u32 fs_nofile;

/* execve: closes what is marked close-on-exec. */
void fd_close_on_exec(void);

#endif
