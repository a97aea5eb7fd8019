/* SPDX-License-Identifier: MIT */
/* UDP inside the VM: a datagram goes from the sender's buffer into the receiver's queue. */
#include "net/hosted.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

#define UDP_MAX_V4	65507U
#define UDP_MAX_V6	65527U
#define HOPS		64		/* as sysctl net.ipv6.conf.*.hop_limit */

/*
 * Is it outside of the VM, or could it be?  *to: who receives it inside.  Who is in the VM comes
 * first; then what is granted.
 */
static bool leads_out(struct sock *s, const struct ep *dest, struct sock **to)
{
	struct ep src = s->local;
	struct sock *inside;

	if (ep_is_any(&src))
		ep_set_loopback(&src, ep_is_v4(dest));
	inside = ep_is_loopback(dest) ? port_receiver(dest, &src) : NULL;
	if (to)
		*to = inside;
	return !inside && (!ep_is_loopback(dest) || s->hosted || hosted_may_connect());
}

static int udp_bind(struct sock *s, const struct addr *a)
{
	int err = inet_bind(s, a);

	return err ? err : hostudp_bind(s);
}

static int udp_connect(struct sock *s, const struct addr *a, bool nonblock)
{
	struct ep dest;
	int err;

	(void)nonblock;
	if (a->family == AF_UNSPEC) {
		if (s->hosted && s->hosted->connected)
			hosted_detach(s);
		inet_unbind(s);
		s->state = SS_CLOSED;
		if (!s->port)
			s->local.port = 0;
		return 0;
	}
	err = inet_dest(s, a, &dest);
	if (!err)
		err = leads_out(s, &dest, NULL) ? hostudp_connect(s, &dest) : 0;
	if (err == -EACCES && ep_is_loopback(&dest))
		err = 0;		/* nobody there: the first datagram will find out */
	if (!err)
		err = inet_autobind(s, &dest);
	if (err)
		return err;
	s->remote = dest;
	s->state = SS_CONNECTED;
	return 0;
}

/* Where the message goes to and comes from. */
static long route(struct sock *s, const struct message *m, struct ep *dest, struct ep *src)
{
	int err;

	if (m->addr.len) {
		err = inet_dest(s, &m->addr, dest);
		if (err)
			return err;
		if (!dest->port)
			return -EINVAL;
	} else if (s->state == SS_CONNECTED) {
		*dest = s->remote;
	} else {
		return -EDESTADDRREQ;
	}
	if (m->io.left > (ep_is_v4(dest) ? UDP_MAX_V4 : UDP_MAX_V6))
		return -EMSGSIZE;
	err = inet_autobind(s, NULL);
	*src = s->local;
	if (ep_is_any(src))
		ep_set_loopback(src, ep_is_v4(dest));
	return err;
}

/* Nobody there: only who is connected learns it, by the next call. */
static long to_nobody(struct sock *s, u64 len)
{
	if (s->state == SS_CONNECTED) {
		s->err = ECONNREFUSED;
		sock_wake(s, POLLERR);
	}
	return len;
}

static long udp_send(struct sock *s, struct message *m)
{
	u64 len = m->io.left;
	struct ep dest, src;
	struct sock *to;
	struct dgram *d;
	long res;
	int err;

	rights_free(m->rights);
	m->rights = NULL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	res = route(s, m, &dest, &src);
	if (res)
		return res;
	if (s->err)
		return sock_error(s);
	if (s->shut & SHUT_SND)
		return sock_epipe(m);
	if (leads_out(s, &dest, &to)) {
		res = hostudp_send(s, m, &dest);
		if (res != -EACCES || !ep_is_loopback(&dest))
			return res;
	}
	d = dgram_new(m, &err);
	if (!d)
		return err;
	/* What finds no room is lost, as UDP's datagrams are. */
	if (!to || (to->msgs.first && to->msgs.bytes + len > to->rcvbuf)) {
		dgram_free(d);
		return to ? (long)len : to_nobody(s, len);
	}
	ep_to_addr(&src, &d->from, to->family);
	d->to = dest;
	d->tos = (u8)(ep_is_v4(&dest) ? s->o.tos : MAX(s->o.tclass, 0));
	d->ttl = (u8)(ep_is_v4(&dest) ? s->o.ttl : s->o.v6_hops < 0 ? HOPS : s->o.v6_hops);
	dgram_push(to, d);
	sock_wake(to, POLLIN | POLLRDNORM);
	return len;
}

static long udp_recv(struct sock *s, struct message *m)
{
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->flags & MSG_ERRQUEUE)
		return -EAGAIN;		/* nothing is ever queued there */
	return s->hosted ? hostudp_recv(s, m) : dgram_recv(s, m);
}

static u32 udp_poll(struct sock *s, struct waitq **q)
{
	*q = &s->q;
	return dgram_poll(s) | POLLOUT | POLLWRNORM | POLLWRBAND |
	       (s->hosted ? hostudp_poll(s) : 0);
}

static long udp_ioctl(struct sock *s, u32 cmd, u64 arg)
{
	if (cmd == FIONREAD)
		return put_user(s->msgs.first ? (int)s->msgs.first->len : 0, arg);
	return cmd == SIOCOUTQ ? put_user((int)0, arg) : -ENOTTY;
}

static int udp_shutdown(struct sock *s, u32 how)
{
	s->shut |= how;
	sock_wake(s, POLLIN | POLLRDNORM | POLLOUT | POLLRDHUP | POLLHUP);
	return s->state == SS_CONNECTED ? 0 : -ENOTCONN;
}

static void udp_release(struct sock *s)
{
	hosted_detach(s);
	port_leave(s);
	dgram_drain(&s->msgs);
}

const struct sock_ops udp_ops = {
	.bind = udp_bind, .listen = sock_no_listen, .connect = udp_connect,
	.accept = sock_no_accept, .name = inet_name, .shutdown = udp_shutdown,
	.send = udp_send, .recv = udp_recv, .poll = udp_poll, .ioctl = udp_ioctl,
	.option = hosted_option, .error = hostudp_error, .release = udp_release,
};
