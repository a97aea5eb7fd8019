/* SPDX-License-Identifier: MIT */
/*
 * A file that is written completely or not at all: under another name beside the one it gets, which
 * it gets when all of it is on the disk.  Messages name the file; statuses are 0 or EXIT_MVM.
 */
#ifndef MVM_PACK_OUT_H
#define MVM_PACK_OUT_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "sha256.h"

struct out {
	const char *path;		/* what it becomes */
	char temporary[PATH_MAX];	/* what it is until then; "": it has no name */
	int fd;
	uint64_t off;			/* bytes written, with those in the buffer */
	size_t buffered;
	struct sha256 sum;		/* of what out_sum_begin() is followed by */
	uint8_t buffer[64 << 10];
};

#define OUTS_MAX	2U

/*
 * At most OUTS_MAX at a time.  mode: as of open(2).  A signal that ends the process takes the file
 * along.
 */
int out_begin(struct out *o, const char *path, mode_t mode);
int out_write(struct out *o, const void *data, size_t len);
/* Zeros up to a multiple of unit, at most 4096: of the file, or of what is hashed. */
int out_pad(struct out *o, size_t unit);
/* Copies len bytes of a file from off on.  name: of that file, for messages. */
int out_copy(struct out *o, int fd, uint64_t off, uint64_t len, const char *name);
/* All that was written is in the file, though not on the disk. */
int out_flush(struct out *o);
/* Writes over what was written at off. */
int out_patch(struct out *o, uint64_t off, const void *data, size_t len);
/* What is written from here on is hashed, until out_sum_end(). */
void out_sum_begin(struct out *o);
void out_sum_end(struct out *o, uint8_t digest[SHA256_BYTES]);
/* On the disk, and under its name. */
int out_commit(struct out *o);
/* Leaves nothing behind.  After a failure of any of these; also when nothing was begun. */
void out_discard(struct out *o);

#endif
