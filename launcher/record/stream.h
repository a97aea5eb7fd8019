/* SPDX-License-Identifier: MIT */
/*
 * The container of a recording: a stream of bytes in chunks, each with its length, its number and a
 * checksum, behind a header.  What the bytes mean is format.h's.  A file that ends between
 * two chunks is a recording that ends early; anything else that is not as written is damage.
 */
#ifndef MVM_RECORD_STREAM_H
#define MVM_RECORD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_CHUNK	65536U		/* bytes of a chunk at most */
#define RECORD_VERSION	1U		/* of the container and of the events in it */

/* 64 bits over len bytes: tells damage and difference, not malice. */
uint64_t record_sum(uint64_t seed, const void *data, size_t len);

/* ---- Writing ---- */

struct record_writer {
	int fd;				/* a regular file, at its beginning */
	int err;			/* 0, or why a write failed: then no more are made */
	uint32_t number;		/* of the next chunk */
	uint32_t used;			/* bytes in buf */
	uint8_t buf[RECORD_CHUNK];
};

/* Writes the header. */
void record_begin(struct record_writer *w, int fd);
void record_put(struct record_writer *w, const void *data, size_t len);
/* What was put is in the file when this returns. */
void record_flush(struct record_writer *w);

/* ---- Reading: the file is hostile ---- */

struct record_place {
	uint64_t chunk;			/* offset of a chunk in the file */
	uint32_t number, at;		/* its number, and a byte in it */
};

enum record_state {
	RECORD_MORE,
	RECORD_END,			/* no more chunks */
	RECORD_DAMAGED,
};

struct record_reader {
	int fd;
	enum record_state state;
	uint64_t chunk, next;		/* offsets in the file: the chunk in buf, behind it */
	uint32_t number;		/* of the next chunk */
	uint32_t len, at;		/* of buf: bytes, and how many of them are read */
	uint8_t buf[RECORD_CHUNK];
};

/*
 * Reads the header.  NULL, or why it is no recording that can be read: "is ...", "was ...", to
 * follow the file's name.
 */
const char *record_open(struct record_reader *r, int fd);
/* The next len bytes, all or (false) not: r->state says why. */
bool record_get(struct record_reader *r, void *data, size_t len);
/* Where the next byte is. */
struct record_place record_where(struct record_reader *r);
/* len bytes from there, leaving the reader where it is.  False: damaged. */
bool record_get_at(struct record_reader *r, struct record_place p, void *data, size_t len);
/* Reads all chunks and goes back to the first.  False: damaged. */
bool record_verify(struct record_reader *r);

#endif
