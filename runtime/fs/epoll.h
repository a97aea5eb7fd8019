/* SPDX-License-Identifier: MIT */
/*
 * What epoll.c (the calls, waiting) and epitem.c (the items of a set, and which are ready) share.
 */
#ifndef MVM_RT_FS_EPOLL_H
#define MVM_RT_FS_EPOLL_H

#include "fs/vfs.h"
#include "sched/waitq.h"
#include <asm/poll.h>
#include <linux/eventpoll.h>

/* What of an item's events says how it is reported, not what for. */
#define EP_HOW		((u32)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))
#define EP_NESTS_MAX	4		/* sets in sets */

struct epoll;

/* One descriptor of a set. */
struct epitem {
	struct waiter w;		/* on the file's queue */
	struct epoll *ep;
	struct file *file;		/* no reference: epoll_file_released() */
	u32 fd;				/* the same file may be in it by other numbers */
	u32 events;			/* EPOLL*; none but EP_HOW: asleep until EPOLL_CTL_MOD */
	u64 data;			/* the program's */
	bool ready;			/* on the list */
	struct epitem *rnext, *rprev;	/* of those ready */
	struct epitem *hnext;		/* in the same bucket */
	struct epitem *fnext, **fat;	/* of the same file, and what points here */
};

struct epoll {
	struct waitq q;			/* epoll_wait, and who watches the set itself */
	struct epitem *first, *last;	/* ready, or were when last looked at */
	u32 nready;
	u32 nitems, nbuckets;		/* a power of two; 0: no table yet */
	struct epitem **table;
	struct file *self;		/* no reference */
	u32 mark, depth;		/* of the search for loops: epitem.c */
};

extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(const struct file *f)
{
	return f->ops == &epoll_ops ? f->priv : NULL;
}

struct epitem *epitem_find(const struct epoll *ep, const struct file *f, u32 fd);
/* A new item that watches f already.  NULL: out of memory. */
struct epitem *epitem_new(struct epoll *ep, struct file *f, u32 fd, u32 events, u64 data);
void epitem_free(struct epitem *it);
/* All of them, and the table. */
void epitems_free(struct epoll *ep);

/* What it is ready for, of what is asked; the EPOLL* and POLL* bits are the same. */
u32 epitem_poll(struct epitem *it);
/* Looks, and puts it onto the ready list when there is something: who waits is woken. */
void epitem_look(struct epitem *it);
/* The first of the ready list, taken off; NULL: none. */
struct epitem *epitem_take(struct epoll *ep);
/* Back onto it, at its end or (front) where it was taken from. */
void epitem_give(struct epitem *it, bool front);

/*
 * May ep watch inner?  -ELOOP when inner leads back to ep, or more than EP_NESTS_MAX sets would
 * hang below each other.
 */
int epoll_check_nesting(struct epoll *ep, struct epoll *inner);

#endif
