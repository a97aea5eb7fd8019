/* SPDX-License-Identifier: MIT */
/*
 * Chunks of a recording, written and read: see stream.h.
 *
 * Needs (system calls): write(fd, ...) ftruncate(fd, 0) for writing, pread64(fd, ...) for reading
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

#define CHUNK_MAGIC	0x4b4e4843U	/* "CHNK" */
#define MIX		0x9fb21c651e98df25ULL
#define LANES		4U

struct file_head {
	char magic[16];
	uint32_t version, chunk;	/* RECORD_VERSION, RECORD_CHUNK */
};

struct chunk_head {
	uint32_t magic, len;
	uint64_t sum;			/* of the bytes, with the chunk's number as seed */
};

static const char magic[16] = "mvm recording\n";

/* ---- The checksum ---------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * MIX;
	return h ^ h >> 32;
}

/* Four lanes, because a multiplication takes longer than the next one has to wait for it. */
uint64_t record_sum(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t lane[LANES] = { seed, seed + 1, seed + 2, seed + 3 };
	uint64_t word[LANES], last[LANES] = { 0 }, sum = len;
	size_t left = len;

	for (; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {
		memcpy(word, p, sizeof(word));
		for (unsigned int i = 0; i < LANES; i++)
			lane[i] = mix(lane[i], word[i]);
	}
	memcpy(last, p, left);
	for (unsigned int i = 0; i < LANES; i++)
		sum = mix(mix(sum, lane[i]), last[i]);
	return sum;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void write_all(struct record_writer *w, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len && !w->err) {
		ssize_t n = write(w->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->err = n < 0 ? errno : ENOSPC;
			break;
		}
		p += n;
		len -= (size_t)n;
	}
	/* Half a recording is none; and somebody may want the room. */
	if (w->err && ftruncate(w->fd, 0))
		w->used = 0;
}

void record_begin(struct record_writer *w, int fd)
{
	struct file_head h = { .version = RECORD_VERSION, .chunk = RECORD_CHUNK };

	memcpy(h.magic, magic, sizeof(magic));
	w->fd = fd;
	w->err = 0;
	w->number = 0;
	w->used = 0;
	write_all(w, &h, sizeof(h));
}

/* A chunk and its head in one write(2): who is killed leaves both or none. */
void record_flush(struct record_writer *w)
{
	static uint8_t out[sizeof(struct chunk_head) + RECORD_CHUNK];
	struct chunk_head h = { .magic = CHUNK_MAGIC, .len = w->used };

	if (!w->used || w->err)
		return;
	h.sum = record_sum(w->number, w->buf, w->used);
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), w->buf, w->used);
	write_all(w, out, sizeof(h) + w->used);
	w->number++;
	w->used = 0;
}

void record_put(struct record_writer *w, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len && !w->err) {
		size_t n = sizeof(w->buf) - w->used;

		if (n > len)
			n = len;
		memcpy(w->buf + w->used, p, n);
		w->used += (uint32_t)n;
		p += n;
		len -= n;
		if (w->used == sizeof(w->buf))
			record_flush(w);
	}
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Bytes read, fewer than len at the end of the file only. */
static ssize_t read_at(int fd, void *data, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (uint8_t *)data + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Puts the chunk at r->next, which has r->number, into buf. */
static bool load_chunk(struct record_reader *r)
{
	struct chunk_head h;
	ssize_t n = read_at(r->fd, &h, sizeof(h), r->next);

	if (r->state != RECORD_MORE)
		return false;
	if (!n) {
		r->state = RECORD_END;
		return false;
	}
	r->state = RECORD_DAMAGED;
	if (n != sizeof(h) || h.magic != CHUNK_MAGIC || !h.len || h.len > sizeof(r->buf) ||
	    read_at(r->fd, r->buf, h.len, r->next + sizeof(h)) != (ssize_t)h.len ||
	    h.sum != record_sum(r->number, r->buf, h.len))
		return false;
	r->state = RECORD_MORE;
	r->chunk = r->next;
	r->next += sizeof(h) + h.len;
	r->number++;
	r->len = h.len;
	r->at = 0;
	return true;
}

static void rewind_to(struct record_reader *r, uint64_t chunk, uint32_t number)
{
	r->state = RECORD_MORE;
	r->next = chunk;
	r->number = number;
	r->len = r->at = 0;
}

const char *record_open(struct record_reader *r, int fd)
{
	struct file_head h;
	ssize_t n = read_at(fd, &h, sizeof(h), 0);

	r->fd = fd;
	rewind_to(r, sizeof(h), 0);
	if (n != sizeof(h) || memcmp(h.magic, magic, sizeof(magic)))
		return "is not a recording; name a file that mvm run --record has written";
	if (h.version != RECORD_VERSION || h.chunk != RECORD_CHUNK)
		return "was written by another version of mvm; replay it with that one";
	return NULL;
}

bool record_get(struct record_reader *r, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		size_t n;

		if (r->at == r->len && !load_chunk(r))
			return false;
		n = r->len - r->at;
		if (n > len)
			n = len;
		memcpy(p, r->buf + r->at, n);
		r->at += (uint32_t)n;
		p += n;
		len -= n;
	}
	return true;
}

struct record_place record_where(struct record_reader *r)
{
	if (r->at == r->len)
		return (struct record_place){ r->next, r->number, 0 };
	return (struct record_place){ r->chunk, r->number - 1, r->at };
}

/* Goes there.  False: there is nothing. */
static bool seek(struct record_reader *r, struct record_place p)
{
	rewind_to(r, p.chunk, p.number);
	if (!load_chunk(r) || p.at > r->len)
		return false;
	r->at = p.at;
	return true;
}

bool record_get_at(struct record_reader *r, struct record_place p, void *data, size_t len)
{
	struct record_place here = record_where(r);
	enum record_state state = r->state;
	bool got = seek(r, p) && record_get(r, data, len);

	/* At the end there is no chunk to go back to. */
	if (!here.at)
		rewind_to(r, here.chunk, here.number);
	else
		got &= seek(r, here);
	if (state != RECORD_MORE)
		r->state = state;
	return got;
}

bool record_verify(struct record_reader *r)
{
	uint64_t first = r->next;
	uint32_t number = r->number;
	bool whole;

	while (load_chunk(r))
		;
	whole = r->state == RECORD_END;
	rewind_to(r, first, number);
	return whole;
}
