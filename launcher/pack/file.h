/* SPDX-License-Identifier: MIT */
/* An appliance as a file: what is in it is read with pread(2) and believed when it was checked. */
#ifndef MVM_PACK_FILE_H
#define MVM_PACK_FILE_H

#include "format.h"

/* pread(2) until len bytes are read.  0, or -1: an error, with errno, or the file ends (EIO). */
int file_read(int fd, void *buf, size_t len, uint64_t off);

/*
 * Reads and checks the footer.  NULL, or the end of a sentence that begins with the file's name:
 * what is wrong, what to do.
 */
const char *file_footer(int fd, struct footer *f);

/*
 * Checks the digest of every part, the padding between them and the mark.  As file_footer(); *what
 * is then the part that it is about, NULL for the file itself.
 */
const char *file_verify(int fd, const struct footer *f, const struct part **what);

/*
 * The SHA-256 of len bytes at off, as they were before the size was filled in: those of a mark that
 * lies at mark_off of the file count as zeros (UINT64_MAX: no mark).  0, or -1 as file_read().
 */
int file_digest(int fd, uint64_t off, uint64_t len, uint64_t mark_off,
		uint8_t digest[SHA256_BYTES]);

/* A whole small file, with a NUL behind it; allocated, NULL with errno.  EFBIG: larger than max. */
char *file_text(int fd, uint64_t off, uint64_t len, uint64_t max);

#endif
