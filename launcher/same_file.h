/* SPDX-License-Identifier: MIT */
/* Whether two names, or two descriptors, are of one file. */
#ifndef MVM_SAME_FILE_H
#define MVM_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Inode numbers are a file system's own: they tell nothing without its device's. */
static inline bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

#endif
