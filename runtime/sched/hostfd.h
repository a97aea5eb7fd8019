/* SPDX-License-Identifier: MIT */
/*
 * What a host handle is ready for, and who waits for it: standard streams, sockets of grants.
 * The launcher reports changes (MVM_OP_WATCH, MVM_OP_EVENTS); here is what was last heard.
 *
 * A bit in ready was true once and may be stale, since what was there may have been consumed; a
 * bit that is missing is believed until the host reports it.
 */
#ifndef MVM_RT_SCHED_HOSTFD_H
#define MVM_RT_SCHED_HOSTFD_H

#include "rt.h"
#include "sched/waitq.h"

struct hostbuf;

struct hostfd {
	s32 handle;
	u32 ready;			/* POLLIN, POLLOUT, POLLRDHUP, POLLHUP, POLLERR */
	u32 sure;			/* of these, which nothing was consumed of since */
	u32 held;			/* what it is ready for here, whatever the host says */
	/*
	 * The host has reported events, nobody is woken yet: may begin requests (hyper_begin()),
	 * which are done before somebody is.  NULL: nothing to do.
	 */
	void (*told)(struct hostfd *h, u32 events);
	struct hostbuf *buf;		/* of told */
	bool watched;			/* the host was told to report */
	bool always;			/* of a kind that is always ready (/dev/null) */
	struct waitq q;
};

/* handle: with the right WAIT.  Nothing is asked of the host yet. */
void hostfd_init(struct hostfd *h, s32 handle);
/*
 * The host reports no more; who waits is woken.  closes: the handle is about to be closed, which
 * ends the reports, too.
 */
void hostfd_done(struct hostfd *h, bool closes);

/*
 * For file_ops.poll: what it is ready for (POLL*), asking the host where that is not sure;
 * *q = &h->q.  What became ready since the host was last asked it does not know: whoever looks
 * without sleeping afterwards (poll with no time-out) calls hostfd_look() first.
 */
u32 hostfd_poll(struct hostfd *h, struct waitq **q);
/* The host answered EAGAIN: not ready for events (POLLIN or POLLOUT) until it reports them. */
void hostfd_again(struct hostfd *h, u32 events);
/* Some was read or written: ready for events at best. */
void hostfd_used(struct hostfd *h, u32 events);
/*
 * After hostfd_again(): sleeps until one of events (POLLERR and POLLHUP always count) was
 * reported, a signal is to be delivered, or deadline.  0, -EINTR, -ETIMEDOUT.
 */
int hostfd_wait(struct hostfd *h, u32 events, u64 deadline);

/* Asks the host what has changed and wakes who waits for it; never blocks. */
void hostfd_look(void);
/* The same, unless that was done a moment ago. */
void hostfd_look_sometimes(void);
/* Called when the host has reported, if it is set: may begin requests as told() may. */
extern void (*hostfd_reported)(void);
/* Called before the VM idles, if it is set: what was put off must be done now. */
extern void (*hostfd_before_idle)(void);
/* The same before the VM ends. */
extern void (*hostfd_before_end)(void);
/* Does anybody sleep until the host reports something? */
bool hostfd_awaited(void);
/* The VM idles until something is reported, a signal of the host, or deadline. */
void hostfd_idle(u64 deadline);

#endif
