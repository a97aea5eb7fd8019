/* SPDX-License-Identifier: MIT */
/*
 * Bytes of connections to the outside, moved for many of them at once.  Where an exit is dear, a
 * server that answers fifty clients in one round of its loop must not pay for a hundred:
 *
 * - what the host reports to be readable is read ahead, all of it with one kick;
 * - what is written is begun and not waited for: the poller takes it meanwhile, or the next kick
 *   does, whatever that is for; at the latest the tick's (sched/tick.c) or that of the VM's idling.
 *
 * TCP promises no more of a write that has returned than that the bytes are on their way; an error
 * is told by the next call, as Linux tells what its own buffers meet.
 */
#include "net/hostbuf.h"

#include <linux/time.h>
#include <asm/poll.h>

#include "sys/clock.h"
#include "sys/sys.h"

#define IN_SIZE		MVM_PAGE_SIZE
#define OUT_PAGES	4U
#define OUT_SIZE	(OUT_PAGES * MVM_PAGE_SIZE)

static struct hostbuf *writers;

static void hold(struct hostbuf *b)
{
	u32 held = b->err ? POLLIN | POLLERR : b->in_len || b->ended ? POLLIN : 0;

	b->fd->held = (b->fd->held & ~(u32)(POLLIN | POLLERR)) | held;
}

long hostbuf_error(struct hostbuf *b)
{
	long err = b->err;

	b->err = 0;
	hold(b);
	return err;
}

/*
 * The host has forgotten what it has just told.  EPIPE is the exception: it says that again to
 * whoever writes, and Linux says it to nobody else.
 */
static void note_error(struct hostbuf *b, s64 res)
{
	b->direct = true;
	if (res != -EPIPE)
		b->err = (s32)res;
	hold(b);
}

/* ---- reading ahead ---- */

static void have_read(struct hyper_async *a, s64 res)
{
	struct hostbuf *b = container_of(a, struct hostbuf, read);
	bool may_end = b->fd->ready & (POLLRDHUP | POLLHUP | POLLERR);

	b->reading = false;
	if (res > 0)
		b->in_len = (u32)res;
	else if (!res)
		b->ended = true;
	else if (res != -EAGAIN)
		note_error(b, res);
	/* Less than was asked for is all there was; behind the last bytes may lie the end. */
	if (res < (s64)IN_SIZE && !(res > 0 && may_end))
		hostfd_again(b->fd, POLLIN);
	else
		hostfd_used(b->fd, POLLIN);
	hold(b);
}

static void read_ahead(struct hostbuf *b)
{
	struct mvm_sqe e = { .op = MVM_OP_READ, .handle = b->fd->handle, .len = IN_SIZE,
			     .off = MVM_OFF_CURRENT };

	if (b->in_len || b->reading || b->ended || b->err)
		return;
	if (!b->in)
		b->in = pages_alloc(1, false);
	if (!b->in)
		return;
	b->in_at = 0;
	b->reading = true;
	e.addr.v = va_to_gpa(b->in);
	hyper_begin(&e, &b->read);
}

static void drop_in(struct hostbuf *b)
{
	if (b->in && !b->in_len && !b->reading) {
		pages_free(b->in, 1);
		b->in = NULL;
	}
}

long hostbuf_recv(struct hostbuf *b, struct io *io, bool peek)
{
	long n;

	if (b->reading)
		hyper_drain();
	if (b->in_len) {
		n = io_put(io, b->in + b->in_at, b->in_len);
		if (n > 0 && !peek) {
			b->in_at += (u32)n;
			b->in_len -= (u32)n;
		}
	} else if (b->err) {
		n = hostbuf_error(b);
	} else {
		n = b->ended ? 0 : -EAGAIN;
	}
	hold(b);
	drop_in(b);
	return n;
}

/* ---- writing behind ---- */

static void write_behind(struct hostbuf *b)
{
	struct mvm_sqe e = { .op = MVM_OP_WRITE, .handle = b->fd->handle, .len = b->out_len,
			     .off = MVM_OFF_CURRENT, .addr.v = va_to_gpa(b->out) };

	b->flying = b->out_len;
	hyper_begin(&e, &b->write);
}

static void have_ended(struct hyper_async *a, s64 res)
{
	(void)res;			/* not connected any more: it has ended anyhow */
	container_of(a, struct hostbuf, end)->ending = false;
}

/* The last byte is with the host, or none will be. */
static void end(struct hostbuf *b)
{
	struct mvm_sqe e = { .op = MVM_OP_SHUTDOWN, .handle = b->fd->handle,
			     .arg = SHUT_SND - 1 };

	b->last = false;
	b->ending = true;
	hyper_begin(&e, &b->end);
}

static void have_written(struct hyper_async *a, s64 res)
{
	struct hostbuf *b = container_of(a, struct hostbuf, write);
	u32 done = res > 0 ? (u32)res : 0;

	b->stuck = done < b->flying;
	b->flying = 0;
	b->out_len -= done;
	memmove(b->out, b->out + done, b->out_len);
	if (res < 0 && res != -EAGAIN) {
		note_error(b, res);
		b->out_len = 0;
		b->stuck = false;
	}
	if (b->stuck)
		hostfd_again(b->fd, POLLOUT);
	else if (b->out_len)
		write_behind(b);
	else if (b->last)
		end(b);
}

static bool out_memory(struct hostbuf *b)
{
	if (!b->out)
		b->out = pages_alloc(OUT_PAGES, false);
	if (b->out && !b->listed) {
		b->next = writers;
		writers = b;
		b->listed = true;
	}
	return b->out;
}

long hostbuf_send(struct hostbuf *b, struct io *io)
{
	u64 n = io->left;
	long got = hostbuf_error(b);

	if (got)
		return got;
	if (b->stuck || b->direct || !b->fd->told || n > OUT_SIZE - b->out_len || !out_memory(b))
		return 0;
	got = io_get(io, b->out + b->out_len, n);
	if (got <= 0)
		return got;
	b->out_len += (u32)got;
	if (!b->flying)
		write_behind(b);
	return got;
}

long hostbuf_flush(struct hostbuf *b)
{
	/* It was stuck and the host says that it has room. */
	if (b->stuck && b->fd->ready & POLLOUT)
		b->stuck = false;
	if (b->out_len && !b->flying && !b->stuck)
		write_behind(b);
	while (b->flying)
		hyper_drain();
	return b->out_len ? -EAGAIN : hostbuf_error(b);
}

bool hostbuf_end(struct hostbuf *b)
{
	struct waitq *q;

	while (b->flying)
		hyper_drain();
	if (!b->out_len)
		return false;
	b->last = true;
	hostfd_poll(b->fd, &q);		/* it is stuck: the host tells when it has room */
	return true;
}

static void flush_until(struct hostbuf *b, u64 deadline)
{
	while (hostbuf_flush(b) == -EAGAIN && time_now(CLOCK_MONOTONIC) < deadline)
		if (hostfd_wait(b->fd, POLLOUT, deadline))
			break;
}

/* Before the VM idles: nothing may wait for a kick that does not come.  Memory is given back. */
static void before_idle(void)
{
	struct hostbuf *b, **at = &writers;

	if (hyper_outstanding())
		hyper_drain();
	while ((b = *at)) {
		if (b->out_len || b->flying) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		b->listed = false;
		pages_free(b->out, OUT_PAGES);
		b->out = NULL;
	}
}

/* Natively the kernel goes on sending when a process has ended. */
static void before_end(void)
{
	while (writers) {
		struct hostbuf *b = writers;

		writers = b->next;
		b->listed = false;
		flush_until(b, clock_deadline(HOSTBUF_LINGER_NS));
	}
}

/* ---- both ---- */

static void told(struct hostfd *h, u32 events)
{
	struct hostbuf *b = h->buf;

	if (events & (POLLIN | POLLRDHUP | POLLHUP | POLLERR))
		read_ahead(b);
	if (events & (POLLOUT | POLLHUP | POLLERR) && b->stuck) {
		b->stuck = false;
		if (b->out_len)
			write_behind(b);
	}
}

void hostbuf_init(struct hostbuf *b, struct hostfd *fd)
{
	*b = (struct hostbuf){ .fd = fd, .read.done = have_read, .write.done = have_written,
			       .end.done = have_ended };
	fd->buf = b;
}

void hostbuf_connected(struct hostbuf *b)
{
	b->fd->told = told;
	hostfd_before_idle = before_idle;
	hostfd_before_end = before_end;
}

void hostbuf_done(struct hostbuf *b, u64 linger)
{
	flush_until(b, clock_deadline(linger));
	if (b->reading || b->flying || b->ending)
		hyper_drain();
	b->fd->told = NULL;
	b->fd->held = 0;
	b->in_len = 0;
	drop_in(b);
	for (struct hostbuf **at = &writers; b->listed && *at; at = &(*at)->next) {
		if (*at != b)
			continue;
		*at = b->next;
		b->listed = false;
		break;
	}
	if (b->out)
		pages_free(b->out, OUT_PAGES);
	b->out = NULL;
}
