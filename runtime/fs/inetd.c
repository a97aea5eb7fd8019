/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output that are one connection (mvm serve, the inetd contract), so that a
 * request costs few exits: what is written is gathered, and goes to the host with the next request,
 * whatever that is for, the last of it with EXIT; at the latest with the tick that the launcher has
 * set.  When the peer is known to send no more, the end is read along with the last bytes.
 *
 * A connection promises no more of a write that has returned than that the bytes are on their way;
 * an error is told by the next call.
 */
#include "fs/inetd.h"

#include <asm/poll.h>
#include <linux/fs.h>

#include "sys/sys.h"

#define OUT_PAGES	4U
#define OUT_SIZE	(OUT_PAGES * MVM_PAGE_SIZE)
#define EVENTS_ONCE	16U

struct hostfd *inetd_in, *inetd_out;

/* ---- writing ---- */

static u8 *out;
static u32 out_len, flying;		/* not with the host; of these, under way to it */
static bool stuck;			/* the host takes no more */
static s32 out_err;

static void have_written(struct hyper_async *a, s64 res);
static struct hyper_async writing = { .done = have_written };

static void begin(void);
static void wait_for_room(void);
static struct hyper_gatherer gatherer = { .handle = 1, .begin = begin, .wait = wait_for_room };

static void begin(void)
{
	struct mvm_sqe e = { .op = MVM_OP_WRITE, .handle = gatherer.handle, .len = out_len,
			     .off = MVM_OFF_CURRENT, .addr.v = va_to_gpa(out) };

	gatherer.pending = false;
	flying = out_len;
	hyper_begin(&e, &writing);
}

static void have_written(struct hyper_async *a, s64 res)
{
	u32 done = res > 0 ? (u32)res : 0;

	(void)a;
	stuck = done < flying;
	flying = 0;
	out_len -= done;
	memmove(out, out + done, out_len);
	if (res < 0 && res != -EAGAIN) {
		out_err = (s32)res;
		out_len = 0;
		stuck = false;
	}
	if (stuck)
		hostfd_again(inetd_out, POLLOUT);
	else
		gatherer.pending = out_len;
}

static void unstick(void)
{
	stuck = false;
	gatherer.pending = out_len;
}

static void told(struct hostfd *h, u32 events)
{
	(void)h;
	if (stuck && events & (POLLOUT | POLLHUP | POLLERR))
		unstick();
}

static long flush(const struct file *f)
{
	for (;;) {
		long err;

		hyper_drain();
		err = out_err;
		out_err = 0;
		if (err || !out_len)
			return err;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (hostfd_wait(inetd_out, POLLOUT, UINT64_MAX))
			return -ERESTARTSYS;
		if (stuck)
			unstick();
	}
}

long inetd_write(struct file *f, struct io *io)
{
	long n = out_err;

	out_err = 0;
	if (n)
		return n;
	if (stuck || io->left > OUT_SIZE - out_len) {
		n = flush(f);
		if (n)
			return n;
	}
	if (!out)
		out = pages_alloc(OUT_PAGES, false);
	if (!out || io->left > OUT_SIZE)
		return 0;
	n = io_get(io, out + out_len, io->left);
	if (n > 0) {
		out_len += (u32)n;
		gatherer.pending = true;
		current->work |= WORK_TICK;
	}
	return n;
}

void inetd_idle(void)
{
	struct waitq *q;

	if (gatherer.pending)
		hyper_drain();
	if (stuck)
		hostfd_poll(inetd_out, &q);	/* the host is to tell when it has room */
}

/* Where no thread can sleep any more: at the end. */
static void wait_for_room(void)
{
	struct mvm_wait w[EVENTS_ONCE];
	struct mvm_sqe e = { .op = MVM_OP_WAIT, .arg = UINT64_MAX, .addr.v = va_to_gpa(w),
			     .len = EVENTS_ONCE };
	struct waitq *q;

	if (!stuck)
		return;
	if (!(hostfd_poll(inetd_out, &q) & (POLLOUT | POLLHUP | POLLERR)))
		hyper_kick(&e, NULL);
	unstick();
}

void inetd_close(void)
{
	while (out_len) {
		wait_for_room();
		hyper_drain();
	}
	inetd_out = NULL;
	hyper_gatherer = NULL;
}

/* ---- reading ---- */

static u8 *in;
static u32 in_at, in_left;
static bool ended;
static s64 first;			/* the result of the first of two */
static s32 in_err;

static void have_read(struct hyper_async *a, s64 res)
{
	(void)a;
	first = res;
}

static void note(s64 res)
{
	if (!res)
		ended = true;
	else if (res < 0 && res != -EAGAIN)
		in_err = (s32)res;
}

/* Twice with one kick: when the peer has ended, the second is most likely the end. */
static void read_ahead(void)
{
	static struct hyper_async reading = { .done = have_read };
	struct mvm_sqe e = { .op = MVM_OP_READ, .handle = inetd_in->handle, .len = MVM_PAGE_SIZE,
			     .off = MVM_OFF_CURRENT };
	struct mvm_sqe next = e;
	s64 second;

	if (!in)
		in = pages_alloc(2, false);
	if (!in)
		return;
	e.addr.v = va_to_gpa(in);
	next.addr.v = e.addr.v + MVM_PAGE_SIZE;
	hyper_begin(&e, &reading);
	second = hyper(&next, NULL);
	in_at = 0;
	in_left = first > 0 ? (u32)first : 0;
	if (second > 0) {
		memmove(in + in_left, in + MVM_PAGE_SIZE, (u64)second);
		in_left += (u32)second;
	}
	if (first <= 0)
		note(first);
	note(second);
	if (second == -EAGAIN)
		hostfd_again(inetd_in, POLLIN);
	else
		hostfd_used(inetd_in, POLLIN);
}

bool inetd_read(struct io *io, long *res)
{
	if (!in_left && !ended && !in_err && inetd_in->ready & POLLRDHUP)
		read_ahead();
	*res = 0;
	if (in_left) {
		*res = io_put(io, in + in_at, MIN(in_left, io->left));
		if (*res > 0) {
			in_at += (u32)*res;
			in_left -= (u32)*res;
		}
	} else if (in_err) {
		*res = in_err;
		in_err = 0;
	} else if (!ended) {
		return false;
	}
	inetd_in->held = in_left || ended || in_err ? POLLIN : 0;
	return true;
}

/* ---- both ---- */

void inetd_begin(struct hostfd *in_fd, struct hostfd *out_fd)
{
	inetd_in = in_fd;
	inetd_out = out_fd;
	if (out_fd) {
		out_fd->told = told;
		hyper_gatherer = &gatherer;
	}
}
