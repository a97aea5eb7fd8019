/* SPDX-License-Identifier: MIT */
/* Between fs_model.c, which makes the calls, and fs_model_tree.c, which compares the trees. */
#ifndef FS_MODEL_INT_H
#define FS_MODEL_INT_H

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rt.h"

#define IO_MAX		20000

/* The host's kernel, answering as ours does. */
#define theirs(nr, ...)	({ long r_ = syscall(nr, __VA_ARGS__); r_ < 0 ? -errno : r_; })

extern u64 seed;
extern char buf_theirs[IO_MAX], buf_ours[IO_MAX];

/* A line for the log that a failure shows. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Both results; fails the test unless they are equal. */
long same(const char *what, long theirs, long ours);
void failed(const char *what, long theirs, long ours);
/* n bytes of both buffers. */
void same_bytes(long n);
void same_stat(const struct stat *t, const struct stat *o);
/* Everything below path, on both sides. */
void same_tree(const char *path);

#endif
