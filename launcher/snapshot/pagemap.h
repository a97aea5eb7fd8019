/* SPDX-License-Identifier: MIT */
/* Which pages of this process are its own: /proc/self/pagemap, in both of its forms. */
#ifndef MVM_PAGEMAP_H
#define MVM_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

/* PAGEMAP_SCAN of Linux 6.7, for the filter. */
#define PAGEMAP_SCAN_NR	0xc0606610UL

/*
 * Opens it as CONFINE_FD_PAGEMAP, before privileges are dropped.  who: needs it, as "mvm snapshot
 * needs".  0, or EXIT_MVM with the message printed.
 */
int pagemap_open(const char *who);
/* The same for who can do without.  False: it cannot be opened. */
bool pagemap_try(void);

/* One range of virtual addresses, page aligned.  Not 0: an error that ends the walk. */
typedef int pagemap_fn(void *ctx, uint64_t start, uint64_t end);

/*
 * Calls fn for all ranges of [start, end) whose pages are private to this process: written copies
 * of a private file mapping, or anonymous.  fd: /proc/self/pagemap.  0, fn's error, or -errno.
 * Source: Documentation/admin-guide/mm/pagemap.rst.
 */
int pagemap_private(int fd, uint64_t start, uint64_t end, pagemap_fn *fn, void *ctx);
/* The same for all pages that are mapped here, whosesoever. */
int pagemap_present(int fd, uint64_t start, uint64_t end, pagemap_fn *fn, void *ctx);

#endif
