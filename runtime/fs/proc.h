/* SPDX-License-Identifier: MIT */
/* For who adds a text to /proc. */
#ifndef MVM_RT_FS_PROC_H
#define MVM_RT_FS_PROC_H

#include "rt.h"

/* Formats into a new *text (kmalloc'ed) of at most max bytes.  Length or -ENOMEM. */
long proc_printf(char **text, size_t max, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct file;
struct node;

/* What an open file is called: the text of /proc/self/fd/N, into buf (FS_PATH_MAX).  Length. */
long proc_file_text(struct file *f, char *buf);
/* The text of /proc/self/maps, as a node's text operation. */
long proc_maps(struct node *n, char **text);

#endif
