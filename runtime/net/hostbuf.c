/* SPDX-License-Identifier: MIT */
/*
 * Bytes of connections to the outside, moved for many of them at once.  Where an exit is dear, a
 * server that answers fifty clients in one round of its loop must not pay for a hundred:
 *
 * - what the host reports to be readable is read ahead, all of it with one kick;
 * - what is written is begun and not waited for: the poller takes it meanwhile, or the next kick
 *   does, whatever that is for; at the latest the tick's (sched/tick.c) or that of the VM's idling;
 * - behind it goes one piece of a file of the host's that is certainly there (hostsend.c).
 *
 * TCP promises no more of a write that has returned than that the bytes are on their way; an error
 * is told by the next call, as Linux tells what its own buffers meet.
 */
#include "net/hostbuf.h"
#include "net/hostsend.h"

#include <linux/time.h>
#include <asm/poll.h>

#include "sys/clock.h"
#include "sys/sys.h"

#define IN_SIZE		MVM_PAGE_SIZE
#define OUT_PAGES	4U
#define OUT_SIZE	(OUT_PAGES * MVM_PAGE_SIZE)
#define FILE_MAX	(256UL << 10)	/* of a file, and not waited for: less than Linux buffers */

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

static bool on_its_way(const struct hostbuf *b)
{
	return b->flying || b->sending;
}

/* Behind what is being written, if anything is; the host sees to the order. */
static void send_behind(struct hostbuf *b)
{
	struct mvm_sqe e = { .op = MVM_OP_SENDFILE, .handle = b->fd->handle, .off = b->file_off,
			     .len = b->file_left, .arg = (u32)b->file->handle };

	if (b->flying)
		e.arg |= MVM_SENDFILE_BEHIND;
	b->sending = true;
	hyper_begin(&e, &b->send);
}

static void file_done(struct hostbuf *b)
{
	b->file_left = 0;
	hostsend_put(b->file);
	b->file = NULL;
}

/* What is next, after a request that is done. */
static void go_on(struct hostbuf *b)
{
	if (b->stuck)
		hostfd_again(b->fd, POLLOUT);
	else if (b->out_len)
		write_behind(b);
	else if (b->file_left)
		send_behind(b);
	else if (b->last)
		end(b);
}

/*
 * Some of it: the host is asked once more, which then says why.  Nothing at all: somebody has cut
 * the file short since its size was asked for.  What was promised cannot be sent, and the
 * connection must not go on as if it had been.
 */
static void have_sent(struct hyper_async *a, s64 res)
{
	struct hostbuf *b = container_of(a, struct hostbuf, send);

	b->sending = false;
	b->stuck = res == -EAGAIN;
	if (res > 0) {
		b->file_off += (u64)res;
		b->file_left -= (u64)res;
	} else if (res != -EAGAIN) {
		note_error(b, res ? res : -EIO);
		b->file_left = 0;
	}
	if (!b->file_left)
		file_done(b);
	if (!b->flying)
		go_on(b);
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
	/* Who follows finds out by itself. */
	if (!b->sending)
		go_on(b);
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
	if (b->stuck || b->direct || b->file_left || !b->fd->told || n > OUT_SIZE - b->out_len ||
	    !out_memory(b))
		return 0;
	got = io_get(io, b->out + b->out_len, n);
	if (got <= 0)
		return got;
	b->out_len += (u32)got;
	if (!b->flying)
		write_behind(b);
	return got;
}

bool hostbuf_send_file(struct hostbuf *b, struct file *in, u64 off, u64 n)
{
	/* What is being written must be all there is: what is behind it would be overtaken. */
	if (b->stuck || b->direct || b->file_left || b->err || !b->fd->told || n > FILE_MAX ||
	    b->out_len != b->flying || !out_memory(b))
		return false;
	b->file = hostsend_get(in, off, n);
	if (!b->file)
		return false;
	b->file_off = off;
	b->file_left = n;
	send_behind(b);
	return true;
}

long hostbuf_flush(struct hostbuf *b)
{
	/* It was stuck and the host says that it has room. */
	if (b->stuck && b->fd->ready & POLLOUT)
		b->stuck = false;
	if (hostbuf_unsent(b) && !on_its_way(b))
		go_on(b);
	while (on_its_way(b))
		hyper_drain();
	return hostbuf_unsent(b) ? -EAGAIN : hostbuf_error(b);
}

bool hostbuf_end(struct hostbuf *b)
{
	struct waitq *q;

	while (on_its_way(b))
		hyper_drain();
	if (!hostbuf_unsent(b))
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

/*
 * Is all that was begun such that nothing is to be begun behind it?  Then the WAIT takes it
 * along: where the host does not take all of it, it reports when it has room, and that ends the
 * WAIT.
 */
static bool goes_with_wait(void)
{
	u32 n = hyper_untold();

	for (const struct hostbuf *b = writers; b; b = b->next) {
		if (!on_its_way(b))
			continue;
		if (b->out_len != b->flying || (b->file_left && !b->sending) || b->last)
			return false;
		n += !!b->flying + b->sending;
	}
	return n == hyper_outstanding();
}

/* Before the VM idles: nothing may wait for a kick that does not come.  Memory is given back. */
static void before_idle(void)
{
	struct hostbuf *b, **at = &writers;

	if (hyper_outstanding() && !goes_with_wait())
		hyper_drain();
	while ((b = *at)) {
		if (hostbuf_unsent(b) || on_its_way(b)) {
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
		if (hostbuf_unsent(b) && !on_its_way(b))
			go_on(b);
	}
}

void hostbuf_init(struct hostbuf *b, struct hostfd *fd)
{
	*b = (struct hostbuf){ .fd = fd, .read.done = have_read, .write.done = have_written,
			       .send.done = have_sent, .end.done = have_ended };
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
	if (b->reading || on_its_way(b) || b->ending)
		hyper_drain();
	if (b->file)
		file_done(b);
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
