/* SPDX-License-Identifier: MIT */
/*
 * A byte stream in the VM's memory: one direction of a connection.  It takes pages as it is
 * written and gives them back as it is read, so that a connection with nothing under way holds
 * none.
 */
#include "net/net.h"

#define CHUNK_DATA	(MVM_PAGE_SIZE - 16)
#define KEEP_FREE	64U		/* pages kept for the next bytes */

struct chunk {
	struct chunk *next;
	u32 start, end;			/* of data: bytes not yet taken */
	u8 data[CHUNK_DATA];
};

_Static_assert(sizeof(struct chunk) == MVM_PAGE_SIZE, "a chunk is a page");

static struct chunk *spare;
static u32 spares;
static u64 net_used;

bool net_charge(u64 bytes)
{
	if (bytes > ((u64)CONFIG_NET_MAX_MIB << 20) - net_used)
		return false;
	net_used += bytes;
	return true;
}

void net_uncharge(u64 bytes)
{
	net_used -= bytes;
}

static struct chunk *chunk_new(void)
{
	struct chunk *c = spare;

	if (!net_charge(MVM_PAGE_SIZE))
		return NULL;
	if (c) {
		spare = c->next;
		spares--;
	} else {
		c = pages_alloc(1, false);
	}
	if (!c) {
		net_uncharge(MVM_PAGE_SIZE);
		return NULL;
	}
	c->next = NULL;
	c->start = c->end = 0;
	return c;
}

static void chunk_free(struct chunk *c)
{
	net_uncharge(MVM_PAGE_SIZE);
	if (spares == KEEP_FREE) {
		pages_free(c, 1);
		return;
	}
	c->next = spare;
	spare = c;
	spares++;
}

/* The chunk where the next bytes go, with room. */
static struct chunk *tail(struct stream *s)
{
	struct chunk *c = s->last;

	if (c && c->end < CHUNK_DATA)
		return c;
	c = chunk_new();
	if (!c)
		return NULL;
	if (s->last)
		s->last->next = c;
	else
		s->first = c;
	s->last = c;
	return c;
}

/* A chunk that was made for bytes which could not be read. */
static void drop_empty_tail(struct stream *s)
{
	struct chunk *c = s->first, *before = NULL;

	if (!s->last || s->last->end)
		return;
	for (; c != s->last; c = c->next)
		before = c;
	if (before)
		before->next = NULL;
	else
		s->first = NULL;
	s->last = before;
	chunk_free(c);
}

long stream_put(struct stream *s, struct io *io, u64 max)
{
	u64 done = 0;

	max = MIN(max, io->left);
	while (done < max) {
		struct chunk *c = tail(s);
		u64 part;
		long res;

		if (!c)
			return done ? (long)done : -ENOBUFS;
		part = MIN(max - done, CHUNK_DATA - c->end);
		res = io_get(io, c->data + c->end, part);
		/* A piece that meets bad memory counts as not moved at all. */
		if (res < (long)part) {
			drop_empty_tail(s);
			return done ? (long)done : -EFAULT;
		}
		c->end += part;
		s->written += part;
		done += part;
	}
	return done;
}

long stream_peek(const struct stream *s, struct io *io, u64 skip, u64 max, bool drop)
{
	u64 done = 0, len = stream_len(s);

	max = skip < len ? MIN(max, len - skip) : 0;
	if (drop)
		return max;
	for (const struct chunk *c = s->first; c && done < max; c = c->next) {
		u64 have = c->end - c->start, part;

		if (skip >= have) {
			skip -= have;
			continue;
		}
		part = MIN(have - skip, max - done);
		if (io_put(io, c->data + c->start + skip, part) < (long)part)
			return done ? (long)done : -EFAULT;
		skip = 0;
		done += part;
	}
	return done;
}

void stream_take(struct stream *s, u64 n)
{
	s->taken += n;
	while (n) {
		struct chunk *c = s->first;
		u64 part = MIN(n, (u64)(c->end - c->start));

		c->start += part;
		n -= part;
		if (c->start < c->end)
			break;
		s->first = c->next;
		if (!s->first)
			s->last = NULL;
		chunk_free(c);
	}
}

void stream_attach(struct stream *s, u64 n, struct rights *r)
{
	r->from = s->written - n;
	r->to = s->written;
	r->next = NULL;
	if (s->rights_end)
		s->rights_end->next = r;
	else
		s->rights = r;
	s->rights_end = r;
}

u64 stream_until_rights(const struct stream *s, u64 n, struct rights **r)
{
	*r = NULL;
	n = MIN(n, stream_len(s));
	if (!s->rights || s->rights->from >= s->taken + n)
		return n;
	*r = s->rights;
	return MIN(n, s->rights->to - s->taken);
}

struct rights *stream_detach(struct stream *s)
{
	struct rights *r = s->rights;

	s->rights = r->next;
	if (!s->rights)
		s->rights_end = NULL;
	return r;
}

void stream_free(struct stream *s)
{
	while (s->rights)
		rights_free(stream_detach(s));
	stream_take(s, stream_len(s));
}
