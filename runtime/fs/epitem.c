/* SPDX-License-Identifier: MIT */
/*
 * The items of an epoll set: found by open file and descriptor in a hash table, hung into the wait
 * queue of their file, which puts them onto the set's ready list.  An event and a look at the
 * list cost the same however many items there are.
 */
#include "fs/epoll.h"

#define BUCKETS_MIN	16U
#define FEW_PER_BUCKET	2U
#define HASH_FACTOR	0x9e3779b97f4a7c15UL	/* 2^64 / golden ratio: spreads what is alike */

/* ---- the table ---- */

static struct epitem **bucket(const struct epoll *ep, const struct file *f, u32 fd)
{
	u64 hash = ((u64)f + fd) * HASH_FACTOR;

	return &ep->table[(hash >> 32) & (ep->nbuckets - 1)];
}

struct epitem *epitem_find(const struct epoll *ep, const struct file *f, u32 fd)
{
	struct epitem *it = ep->nbuckets ? *bucket(ep, f, fd) : NULL;

	while (it && (it->file != f || it->fd != fd))
		it = it->hnext;
	return it;
}

/* Any item of the set, bucket *b (0 at first) and later ones; prev: the one before, or NULL. */
static struct epitem *next_item(const struct epoll *ep, struct epitem *prev, u32 *b)
{
	struct epitem *it = prev ? prev->hnext : NULL;

	if (prev && !it)
		++*b;
	while (!it && *b < ep->nbuckets) {
		it = ep->table[*b];
		if (!it)
			++*b;
	}
	return it;
}

/* Room for one more.  False: out of memory, and there is no table at all. */
static bool make_room(struct epoll *ep)
{
	u32 n = ep->nbuckets ? ep->nbuckets * 2 : BUCKETS_MIN;
	struct epitem **old = ep->table, **new;
	struct epitem *it, *next;
	u32 old_n = ep->nbuckets;

	if (ep->nitems < ep->nbuckets * FEW_PER_BUCKET)
		return true;
	new = kzalloc(n * sizeof(*new));
	if (!new)
		return old;
	ep->table = new;
	ep->nbuckets = n;
	for (u32 i = 0; i < old_n; i++)
		for (it = old[i]; it; it = next) {
			struct epitem **to = bucket(ep, it->file, it->fd);

			next = it->hnext;
			it->hnext = *to;
			*to = it;
		}
	kfree(old);
	return true;
}

static void table_remove(struct epitem *it)
{
	struct epitem **at = bucket(it->ep, it->file, it->fd);

	while (*at != it)
		at = &(*at)->hnext;
	*at = it->hnext;
	it->ep->nitems--;
}

/* ---- the ready list ---- */

void epitem_give(struct epitem *it, bool front)
{
	struct epoll *ep = it->ep;

	if (it->ready)
		return;
	it->ready = true;
	ep->nready++;
	it->rnext = front ? ep->first : NULL;
	it->rprev = front ? NULL : ep->last;
	*(it->rprev ? &it->rprev->rnext : &ep->first) = it;
	*(it->rnext ? &it->rnext->rprev : &ep->last) = it;
}

static void take(struct epitem *it)
{
	struct epoll *ep = it->ep;

	if (!it->ready)
		return;
	it->ready = false;
	ep->nready--;
	*(it->rprev ? &it->rprev->rnext : &ep->first) = it->rnext;
	*(it->rnext ? &it->rnext->rprev : &ep->last) = it->rprev;
}

struct epitem *epitem_take(struct epoll *ep)
{
	struct epitem *it = ep->first;

	if (it)
		take(it);
	return it;
}

/* ---- items ---- */

static void make_ready(struct epitem *it)
{
	if (!it->ready)
		epitem_give(it, false);
	waitq_wake_one(&it->ep->q, POLLIN | POLLRDNORM);
}

/* Something became true of the file: the queue's callback. */
static bool woken(struct waiter *w, u32 events)
{
	struct epitem *it = container_of(w, struct epitem, w);
	bool waited;

	/* Who wakes for POLLIN means POLLRDNORM too. */
	if (events & POLLIN)
		events |= POLLRDNORM;
	if (events & POLLOUT)
		events |= POLLWRNORM;
	if (!(events & it->events & ~EP_HOW))
		return false;
	/* With EPOLLEXCLUSIVE a set on which nobody waits leaves it to the next. */
	waited = !waitq_empty(&it->ep->q);
	make_ready(it);
	return waited;
}

u32 epitem_poll(struct epitem *it)
{
	struct waitq *q = NULL;
	u32 ready = it->file->ops->poll(it->file, &q);

	/* Normally always the same queue. */
	if (q != it->w.q) {
		waitq_remove(&it->w);
		if (q)
			waitq_add(q, &it->w);
	}
	return ready & it->events & ~EP_HOW;
}

void epitem_look(struct epitem *it)
{
	if (epitem_poll(it))
		make_ready(it);
}

/* Where the items of a file hang: a set is a file too. */
static void watch(struct epitem *it)
{
	struct epitem **head = &it->file->watched;

	it->fnext = *head;
	it->fat = head;
	if (it->fnext)
		it->fnext->fat = &it->fnext;
	*head = it;
}

struct epitem *epitem_new(struct epoll *ep, struct file *f, u32 fd, u32 events, u64 data)
{
	struct epitem *it = make_room(ep) ? kzalloc(sizeof(*it)) : NULL;
	struct epitem **b;

	if (!it)
		return NULL;
	it->w.fn = woken;
	it->w.exclusive = events & EPOLLEXCLUSIVE;
	it->ep = ep;
	it->file = f;
	it->fd = fd;
	it->events = events;
	it->data = data;
	b = bucket(ep, f, fd);
	it->hnext = *b;
	*b = it;
	ep->nitems++;
	watch(it);
	epitem_look(it);
	return it;
}

void epitem_free(struct epitem *it)
{
	waitq_remove(&it->w);
	take(it);
	table_remove(it);
	*it->fat = it->fnext;
	if (it->fnext)
		it->fnext->fat = it->fat;
	kfree(it);
}

void epitems_free(struct epoll *ep)
{
	struct epitem *it;
	u32 b = 0;

	while ((it = next_item(ep, NULL, &b)))
		epitem_free(it);
	kfree(ep->table);
}

/* The last reference to an open file is gone: so are its items, wherever they are. */
void epoll_file_released(struct file *f)
{
	while (f->watched)
		epitem_free(f->watched);
}

/* ---- sets in sets ---- */

static u32 search;			/* the one under way: what it has seen has it as mark */

/* Sets below this one, or more than EP_NESTS_MAX for "too many" and for a way back to top. */
static u32 depth_below(struct epoll *ep, const struct epoll *top, u32 level)
{
	struct epitem *it = NULL;
	u32 b = 0;

	if (ep == top || level > EP_NESTS_MAX)
		return EP_NESTS_MAX + 1;
	if (ep->mark == search)
		return ep->depth;
	ep->mark = search;
	ep->depth = 0;
	while ((it = next_item(ep, it, &b)) && ep->depth <= EP_NESTS_MAX) {
		struct epoll *inner = epoll_of(it->file);

		if (inner)
			ep->depth = MAX(ep->depth, depth_below(inner, top, level + 1) + 1);
	}
	return ep->depth;
}

static u32 depth_above(const struct file *f, u32 level)
{
	u32 depth = 0;

	for (struct epitem *it = f->watched; it && level <= EP_NESTS_MAX; it = it->fnext)
		depth = MAX(depth, depth_above(it->ep->self, level + 1) + 1);
	return depth;
}

int epoll_check_nesting(struct epoll *ep, struct epoll *inner)
{
	search++;
	return depth_below(inner, ep, 0) + 1 + depth_above(ep->self, 0) > EP_NESTS_MAX ?
	       -ELOOP : 0;
}
