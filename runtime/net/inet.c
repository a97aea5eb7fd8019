/* SPDX-License-Identifier: MIT */
/*
 * What TCP and UDP have in common: making a socket, binding it, and its names.  In the VM there is
 * the loopback interface, 127.0.0.0/8 and ::1.  Ports below 1024 need no privilege, as in a
 * container.
 */
#include "net/hosted.h"

int inet_create(u16 family, u8 type, s32 protocol, struct sock **s)
{
	const struct sock_ops *ops;
	s32 own;

	if (protocol < 0 || protocol > 262)	/* IPPROTO_MPTCP */
		return -EINVAL;
	switch (type) {
	case SOCK_STREAM:
		ops = &tcp_ops;
		own = IPPROTO_TCP;
		break;
	case SOCK_DGRAM:
		ops = &udp_ops;
		own = IPPROTO_UDP;
		break;
	case SOCK_RAW:
		return -EPERM;
	default:
		return -ESOCKTNOSUPPORT;
	}
	if (protocol && protocol != own)
		return -EPROTONOSUPPORT;
	*s = sock_new(ops, family, type, own);
	if (!*s)
		return -ENOMEM;
	ep_set_any(&(*s)->local, family);
	ep_set_any(&(*s)->remote, family);
	return 0;
}

int inet_bind(struct sock *s, const struct addr *from)
{
	struct addr a = *from;
	const struct mvm_net *grant;
	struct ep e;
	int err;

	/* Linux takes 0.0.0.0 without a family, too. */
	if (s->family == AF_INET && a.family == AF_UNSPEC && a.len >= sizeof(a.in) &&
	    !a.in.sin_addr.s_addr)
		a.family = AF_INET;
	err = ep_from_addr(&e, &a, s->family);
	if (err)
		return err;
	if (ep_is_v4(&e) && s->family == AF_INET6 && s->o.v6only)
		return -EINVAL;
	grant = hosted_grant((u16)s->protocol, s, &e);
	if (!ep_is_any(&e) && !ep_is_loopback(&e) && !s->o.freebind && !grant)
		return -EADDRNOTAVAIL;
	if (s->port || s->state != SS_CLOSED)
		return -EINVAL;
	if (grant)			/* where port 0 was granted, the real one */
		e.port = grant->guest_port;
	s->local = e;
	err = port_bind(s);
	if (err) {
		ep_set_any(&s->local, s->family);
		s->local.port = 0;
	}
	s->user_port = !err && e.port;
	s->user_ip = !err && !ep_is_any(&e);
	return err;
}

void inet_unbind(struct sock *s)
{
	ep_set_any(&s->remote, s->family);
	s->remote.port = 0;
	if (!s->user_ip)
		ep_set_any(&s->local, s->family);
	if (!s->user_port)
		port_leave(s);
}

int inet_name(struct sock *s, bool peer, struct addr *a)
{
	if (peer && (!s->remote.port || s->state == SS_CLOSED || s->state == SS_CONNECTING))
		return -ENOTCONN;
	ep_to_addr(peer ? &s->remote : &s->local, a, s->family);
	return 0;
}

int inet_dest(struct sock *s, const struct addr *a, struct ep *e)
{
	int err = ep_from_addr(e, a, s->family);

	if (err)
		return err;
	if (ep_is_any(e))
		ep_set_loopback(e, ep_is_v4(e));
	if (ep_is_v4(e) && s->o.v6only)
		return -ENETUNREACH;
	if (!ep_is_any(&s->local) && ep_is_v4(&s->local) != ep_is_v4(e))
		return -ENETUNREACH;
	return 0;
}

int inet_autobind(struct sock *s, const struct ep *dest)
{
	int err = 0;

	if (!s->port) {
		s->local.port = 0;
		err = port_bind(s);
	}
	if (err)
		return err == -EADDRINUSE ? -EADDRNOTAVAIL : err;
	if (ep_is_any(&s->local) && dest)
		ep_set_loopback(&s->local, ep_is_v4(dest));
	return 0;
}
