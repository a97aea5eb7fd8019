/* SPDX-License-Identifier: MIT */
/*
 * Connections to the outside: accepted at a --listen or made through a --connect.  The host's
 * socket does what TCP does; here is the waiting, since the host never blocks.
 */
#include "fs/host.h"
#include "net/hosted.h"
#include "net/hostsend.h"
#include "net/unix.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

/* hosted_wait(); -ENOTCONN when another thread has taken the connection apart. */
static int wait_for(struct sock *s, u32 events, u64 deadline, bool nonblock)
{
	int err = hosted_wait(s, events, deadline, nonblock);

	return err || s->hosted ? err : -ENOTCONN;
}

/* ---- bytes ---- */

/*
 * What a move of res of want bytes says about what there is still, so that the host need not be
 * asked: less than was asked for is all there was, and what took everything has room, as far as
 * anybody knows.  The end of the stream may lie behind the last bytes without being reported again.
 */
static void note(struct hostfd *h, u16 op, u64 want, long res)
{
	bool partly = res > 0 && (u64)res < want;

	if (op == MVM_OP_READ && partly && !(h->ready & (POLLRDHUP | POLLHUP | POLLERR)))
		hostfd_again(h, POLLIN);
	else if (op == MVM_OP_READ)
		hostfd_used(h, POLLIN);
	else if (op == MVM_OP_WRITE && (partly || res < 0))
		hostfd_used(h, POLLOUT);
}

/* One request: READ or WRITE, or RECV to peek. */
static long move(struct sock *s, struct io *io, u16 op)
{
	struct mvm_iov iov[MVM_IOV_MAX];
	struct mvm_sqe e = { .op = op, .handle = s->hosted->fd.handle, .off = MVM_OFF_CURRENT };
	u64 covered;
	long n = host_buffers(&e, io, op != MVM_OP_WRITE, iov, &covered), res;

	if (n < 0)
		return n;
	if (op == MVM_OP_RECV) {
		e.off = 0;
		e.arg = MVM_RECV_PEEK;
	}
	res = hyper(&e, NULL);
	note(&s->hosted->fd, op, covered, res);
	if (res > 0)
		io_advance(io, res);
	return res;
}

/* Around what was written behind, which goes first.  Too much for that, or the host is full. */
static long send_directly(struct sock *s, struct io *io)
{
	long res = hostbuf_flush(&s->hosted->bytes);

	return res ? res : move(s, io, MVM_OP_WRITE);
}

static long hosttcp_send(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	long done = 0, res = 0;

	if (m->rights && s->family == AF_UNIX)
		return -EPERM;		/* open files stay in the VM */
	rights_free(m->rights);
	m->rights = NULL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->shut & SHUT_SND)
		return sock_epipe(m);
	while (m->io.left) {
		res = hostbuf_send(&s->hosted->bytes, &m->io);
		if (!res)
			res = send_directly(s, &m->io);
		if (res == -EAGAIN)
			res = wait_for(s, POLLOUT, deadline, m->flags & MSG_DONTWAIT);
		else if (res > 0)
			done += res;
		if (res < 0)
			break;
	}
	if (done)
		return done;
	return res == -EPIPE ? sock_epipe(m) : res;
}

/* What was written goes first; where it is under way, the host sees to that. */
static long send_file_part(struct sock *s, struct file *in, u64 *pos, u64 n)
{
	struct hostbuf *b = &s->hosted->bytes;
	struct mvm_sqe e = { .op = MVM_OP_SENDFILE, .handle = s->hosted->fd.handle,
			     .arg = (u32)in->handle, .off = *pos, .len = n };
	long res;

	if (hostbuf_send_file(b, in, *pos, n)) {
		*pos += n;
		return (long)n;
	}
	res = hostbuf_is_flying(b) ? 0 : hostbuf_flush(b);
	if (res)
		return res;
	if (hostbuf_is_flying(b))
		e.arg |= MVM_SENDFILE_BEHIND;
	res = hyper(&e, NULL);
	if (res > 0) {
		*pos += (u64)res;
		hostsend_note(in);
	}
	if (res < (long)n) {
		hostfd_used(&s->hosted->fd, POLLOUT);
		hyper_heard++;		/* the file may be shorter than it was */
	}
	return res;
}

static long hosttcp_sendfile(struct sock *s, struct file *in, u64 *pos, u64 n, bool nonblock)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	struct message none = { .flags = 0 };
	u64 done = 0;
	long res;

	if (s->shut & SHUT_SND)
		return sock_epipe(&none);
	do {
		res = hostbuf_error(&s->hosted->bytes);
		if (!res)
			res = send_file_part(s, in, pos, n - done);
		if (res > 0)
			done += (u64)res;
		else if (res == -EAGAIN)
			res = wait_for(s, POLLOUT, deadline, nonblock);
		else
			break;
	} while (res >= 0 && done < n && !(nonblock && done));
	if (done)
		return (long)done;
	return res == -EPIPE ? sock_epipe(&none) : res;
}

/* As much as there is.  What is known to be empty is not asked for. */
static long recv_some(struct sock *s, struct io *io, bool peek)
{
	struct hostfd *h = &s->hosted->fd;
	long res = hostbuf_recv(&s->hosted->bytes, io, peek);

	if (res != -EAGAIN)
		return res;
	if (h->watched && h->told && !(h->ready & ~(u32)POLLOUT)) {
		hostfd_look_sometimes();
		res = hostbuf_recv(&s->hosted->bytes, io, peek);
		if (res != -EAGAIN || !(h->ready & ~(u32)POLLOUT))
			return res;
	}
	return move(s, io, peek ? MVM_OP_RECV : MVM_OP_READ);
}

static long hosttcp_recv(struct sock *s, struct message *m)
{
	u64 deadline = sock_deadline(s->rcvtimeo), want = m->io.left;
	bool peek = m->flags & MSG_PEEK, all = m->flags & MSG_WAITALL && !peek;
	long done = 0, res;

	if (m->flags & (MSG_OOB | MSG_ERRQUEUE))
		return m->flags & MSG_ERRQUEUE ? -EAGAIN : -EINVAL;
	do {
		res = recv_some(s, &m->io, peek);
		if (res > 0)
			done += res;
		else if (res == -EAGAIN)
			res = wait_for(s, POLLIN, deadline, m->flags & MSG_DONTWAIT);
		else			/* the end, or an error */
			break;
	} while (res >= 0 && (!done || (all && (u64)done < want)));
	return done ? done : res;
}

/* ---- the state of a connection ---- */

/* A connection under way: has the host come to an end with it? */
static void settle(struct sock *s)
{
	struct waitq *q;
	long err;

	if (s->state != SS_CONNECTING)
		return;
	hostfd_look();
	if (!(hostfd_poll(&s->hosted->fd, &q) & (POLLOUT | POLLERR | POLLHUP)))
		return;
	err = hosted_getopt(s, MVM_SO_ERROR);
	s->state = err ? SS_CLOSED : SS_CONNECTED;
	s->err = (s32)(err < 0 ? -err : err);
	if (!err)
		hostbuf_connected(&s->hosted->bytes);
}

static int hosttcp_error(struct sock *s)
{
	long err;

	settle(s);
	if (s->err)
		return sock_error(s);
	err = s->hosted ? hostbuf_error(&s->hosted->bytes) : 0;
	if (err)
		return (int)err;
	err = hosted_getopt(s, MVM_SO_ERROR);
	return (int)(err < 0 ? err : -err);
}

/* An attempt has failed: a socket of the VM again. */
static int give_up(struct sock *s)
{
	int err = sock_error(s);

	if (s->hosted)
		hostbuf_done(&s->hosted->bytes, 0);
	hosted_detach(s);
	s->ops = &tcp_ops;
	s->state = SS_CLOSED;
	s->attempt = false;
	s->shut = 0;
	inet_unbind(s);
	return err ? err : -ECONNABORTED;
}

static int hosttcp_again(struct sock *s, const struct addr *a, bool nonblock)
{
	u64 deadline = sock_deadline(s->sndtimeo);
	struct addr un = *a;
	int err;

	if (s->family == AF_UNIX)
		return unix_check_addr(&un) ? -EINVAL : -EISCONN;
	if (a->family == AF_UNSPEC) {
		give_up(s);
		return 0;
	}
	if (!s->attempt)
		return -EISCONN;
	for (;;) {
		settle(s);
		if (s->state != SS_CONNECTING)
			break;
		err = wait_for(s, POLLOUT, deadline, nonblock);
		if (err == -EAGAIN)
			return nonblock ? -EALREADY : -EINPROGRESS;
		if (err)
			return err;
	}
	s->attempt = false;
	return s->state == SS_CONNECTED ? 0 : give_up(s);
}

int hosttcp_connect(struct sock *s, const struct ep *dest)
{
	bool pending;
	long handle = hosted_open(MVM_PROTO_TCP, dest, &pending);

	if (handle < 0)
		return (int)handle;
	if (hosted_attach(s, (s32)handle, NULL, false)) {
		hosted_close((s32)handle);
		return -ENOMEM;
	}
	hostbuf_init(&s->hosted->bytes, &s->hosted->fd);
	hosted_apply(s);
	s->remote = *dest;
	s->state = pending ? SS_CONNECTING : SS_CONNECTED;
	if (!pending)
		hostbuf_connected(&s->hosted->bytes);
	s->attempt = true;
	s->ops = &hosttcp_ops;
	if (pending)
		hostfd_again(&s->hosted->fd, POLLIN | POLLOUT);
	return 0;
}

static int hosttcp_name(struct sock *s, bool peer, struct addr *a)
{
	struct ep e;

	settle(s);
	if (s->family == AF_UNIX) {
		*a = (struct addr){ .len = UN_PATH, .family = AF_UNIX };
		if (peer && s->hosted->to)
			*a = *s->hosted->to;
		else if (!peer && s->name)
			*a = s->name->addr;
		return 0;
	}
	/* Outside it may have another port than the guest's listener: told is the guest's. */
	if (!peer && !s->hosted->named && !hosted_name(s, false, &e)) {
		if (s->hosted->port)
			e.port = s->hosted->port;
		s->local = e;
		s->hosted->named = true;
	}
	return inet_name(s, peer, a);
}

/*
 * The end follows what was written.  What that has met is told by the call that Linux tells it by,
 * the next that moves bytes or asks for SO_ERROR; the host knows whether there is a connection.
 */
static int hosttcp_shutdown(struct sock *s, u32 how)
{
	struct mvm_sqe e = { .op = MVM_OP_SHUTDOWN, .handle = s->hosted->fd.handle,
			     .arg = how - 1 };
	bool later = how & SHUT_SND && hostbuf_end(&s->hosted->bytes);
	long err = 0;

	if (later)
		e.arg = SHUT_RCV - 1;
	if (!later || how & SHUT_RCV)
		err = hyper(&e, NULL);
	if (!err)
		s->shut |= how;
	return (int)err;
}

static u32 hosttcp_poll(struct sock *s, struct waitq **q)
{
	return hostfd_poll(&s->hosted->fd, q) | (s->err ? POLLERR : 0);
}

static long hosttcp_ioctl(struct sock *s, u32 cmd, u64 arg)
{
	long n;

	if (cmd == SIOCATMARK)
		return put_user((int)0, arg);
	if (cmd != FIONREAD && cmd != SIOCOUTQ)
		return -ENOTTY;
	n = hosted_getopt(s, cmd == FIONREAD ? MVM_SO_INQ : MVM_SO_OUTQ);
	if (n >= 0)
		n += cmd == FIONREAD ? hostbuf_held(&s->hosted->bytes) :
				       hostbuf_unsent(&s->hosted->bytes);
	return n < 0 ? n : put_user((int)n, arg);
}

static void hosttcp_release(struct sock *s)
{
	bool reset = s->o.linger_on && !s->o.linger_s;

	/* Natively the kernel goes on sending after a close; here somebody has to stay for it. */
	if (s->hosted)
		hostbuf_done(&s->hosted->bytes, reset ? 0 : HOSTBUF_LINGER_NS);
	if (reset && s->hosted)
		hosted_setopt(s, MVM_SO_RESET, 1);
	hosted_detach(s);
	if (s->family == AF_UNIX)
		unix_unname(s);
	else
		port_leave(s);
}

static int bound_already(struct sock *s, const struct addr *a)
{
	(void)s, (void)a;
	return -EINVAL;
}

static int connected_already(struct sock *s)
{
	(void)s;
	return -EINVAL;
}

static int accepts_none(struct sock *s, struct sock **out, bool nonblock)
{
	(void)s, (void)out, (void)nonblock;
	return -EINVAL;
}

const struct sock_ops hosttcp_ops = {
	.bind = bound_already, .listen = connected_already, .connect = hosttcp_again,
	.accept = accepts_none, .name = hosttcp_name, .shutdown = hosttcp_shutdown,
	.send = hosttcp_send, .sendfile = hosttcp_sendfile, .recv = hosttcp_recv,
	.poll = hosttcp_poll, .ioctl = hosttcp_ioctl, .option = hosted_option,
	.error = hosttcp_error, .release = hosttcp_release,
};
