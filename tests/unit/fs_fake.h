/* SPDX-License-Identifier: MIT */
/*
 * What runtime/fs needs of the other rooms, for tests on the host: memory is malloc's, the
 * program's memory is the test's own, the host answers what the test says.
 */
#ifndef FS_FAKE_H
#define FS_FAKE_H

#include "rt.h"

/* Builds the file system anew on a boot information without grants, then what a test adds. */
void fake_start(void);

/* The boot information, and what it points to behind it. */
extern struct fake_boot {
	struct mvm_boot boot;
	struct mvm_grant grant[4];
	char path[256];
} fake_boot;

/* Answers hypercalls; -ENOSYS where it is NULL. */
extern s64 (*fake_host)(struct mvm_sqe *e, u64 out[2]);

extern int fake_signal;			/* the last signal sent; 0: none */
extern bool fake_pending;		/* what signal_pending() says */
extern u64 fake_clock;			/* time_now(), ns; 0: the real time */
extern u64 fake_pages;			/* pages in use */
/* Addresses in [fake_bad, fake_bad + fake_bad_len) fault. */
extern u64 fake_bad, fake_bad_len;

#endif
