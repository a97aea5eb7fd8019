/* SPDX-License-Identifier: MIT */
/*
 * Netlink route sockets, as far as getifaddrs(3), if_nameindex(3) and the like ask: which links and
 * which addresses there are.  There is lo; nothing can be changed.  Source: netlink(7),
 * rtnetlink(7), RFC 3549.
 */
#include "net/net.h"
#include "sys/process.h"
#include <asm/ioctls.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define REPLY_MAX	1024U
#define LO_FLAGS	0x10049U	/* IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP */

struct reply {
	u32 len;
	u32 seq, pid;
	u16 flags;
	_Alignas(8) u8 buf[REPLY_MAX];
};

static void *room(struct reply *r, u32 n)
{
	void *at = r->buf + r->len;

	memset(at, 0, NLMSG_ALIGN(n));
	r->len += NLMSG_ALIGN(n);
	return at;
}

/* Begins a message with a body of n bytes; the header's length is set by end(). */
static struct nlmsghdr *begin(struct reply *r, u16 type, u32 n)
{
	struct nlmsghdr *h = room(r, NLMSG_HDRLEN);

	h->nlmsg_type = type;
	h->nlmsg_flags = r->flags;
	h->nlmsg_seq = r->seq;
	h->nlmsg_pid = r->pid;
	room(r, n);
	return h;
}

static void end(struct reply *r, struct nlmsghdr *h)
{
	h->nlmsg_len = (u32)(r->buf + r->len - (u8 *)h);
}

static void attr(struct reply *r, u16 type, const void *data, u32 n)
{
	struct rtattr *a = room(r, RTA_LENGTH(n));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
}

static void put_link(struct reply *r)
{
	static const u8 hw[6], up = 0;
	struct nlmsghdr *h = begin(r, RTM_NEWLINK, sizeof(struct ifinfomsg));
	struct ifinfomsg *i = NLMSG_DATA(h);
	u32 mtu = LO_MTU, queue = 1000;

	i->ifi_type = LO_HWTYPE;
	i->ifi_index = LO_INDEX;
	i->ifi_flags = LO_FLAGS;
	attr(r, IFLA_IFNAME, LO_NAME, sizeof(LO_NAME));
	attr(r, IFLA_TXQLEN, &queue, sizeof(queue));
	attr(r, IFLA_OPERSTATE, &up, sizeof(up));
	attr(r, IFLA_MTU, &mtu, sizeof(mtu));
	attr(r, IFLA_ADDRESS, hw, sizeof(hw));
	attr(r, IFLA_BROADCAST, hw, sizeof(hw));
	end(r, h);
}

static void put_addr(struct reply *r, u8 family, u8 prefix, const struct ep *e)
{
	struct nlmsghdr *h = begin(r, RTM_NEWADDR, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *i = NLMSG_DATA(h);
	const u8 *ip = family == AF_INET ? e->ip + 12 : e->ip;
	u32 n = family == AF_INET ? 4 : 16;

	i->ifa_family = family;
	i->ifa_prefixlen = prefix;
	i->ifa_flags = IFA_F_PERMANENT;
	i->ifa_scope = RT_SCOPE_HOST;
	i->ifa_index = LO_INDEX;
	attr(r, IFA_ADDRESS, ip, n);
	if (family == AF_INET) {
		attr(r, IFA_LOCAL, ip, n);
		attr(r, IFA_LABEL, LO_NAME, sizeof(LO_NAME));
	}
	end(r, h);
}

static void put_addrs(struct reply *r, u8 family)
{
	struct ep e;

	if (family == AF_UNSPEC || family == AF_INET) {
		ep_set_loopback(&e, true);
		put_addr(r, AF_INET, 8, &e);
	}
	if (family == AF_UNSPEC || family == AF_INET6) {
		ep_set_loopback(&e, false);
		put_addr(r, AF_INET6, 128, &e);
	}
}

static void put_done(struct reply *r)
{
	struct nlmsghdr *h = begin(r, NLMSG_DONE, sizeof(s32));

	end(r, h);
}

static void put_error(struct reply *r, const struct nlmsghdr *asked, int err)
{
	struct nlmsghdr *h = begin(r, NLMSG_ERROR, sizeof(struct nlmsgerr));
	struct nlmsgerr *e = NLMSG_DATA(h);

	e->error = err;
	e->msg = *asked;
	end(r, h);
}

/* The answer is a message of its own in the socket's queue. */
static int queue(struct sock *s, const struct reply *r)
{
	struct message m = { 0 };
	struct dgram *d;
	int err;

	io_kernel(&m.io, r->buf, r->len);
	d = dgram_new(&m, &err);
	if (!d)
		return err;
	d->from = (struct addr){ .len = sizeof(struct sockaddr_nl), .family = AF_NETLINK };
	dgram_push(s, d);
	sock_wake(s, POLLIN | POLLRDNORM);
	return 0;
}

static int answer(struct sock *s, const struct nlmsghdr *h, u8 family)
{
	bool dump = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct reply r = { .seq = h->nlmsg_seq, .pid = PROCESS_ID,
			   .flags = dump ? NLM_F_MULTI : 0 };
	int err;

	if (h->nlmsg_type == RTM_GETLINK || (h->nlmsg_type == RTM_GETADDR && dump)) {
		if (h->nlmsg_type == RTM_GETLINK)
			put_link(&r);
		else
			put_addrs(&r, family);
	} else if (!dump) {
		put_error(&r, h, h->nlmsg_type < RTM_BASE ? 0 : -EPERM);
	}
	err = r.len ? queue(s, &r) : 0;
	r.len = 0;
	if (dump)
		put_done(&r);
	return err || !dump ? err : queue(s, &r);
}

static long netlink_send(struct sock *s, struct message *m)
{
	u64 len = m->io.left;
	struct { struct nlmsghdr h; u8 family; } ask = { .family = AF_UNSPEC };
	u64 n = MIN(len, sizeof(ask.h) + 1);
	int err;

	rights_free(m->rights);
	m->rights = NULL;
	if (m->addr.len && m->addr.family != AF_NETLINK)
		return -EINVAL;
	if (io_get(&m->io, &ask, n) < (long)n)
		return -EFAULT;
	if (len < sizeof(ask.h) || ask.h.nlmsg_len < sizeof(ask.h) || ask.h.nlmsg_len > len)
		return len;
	err = answer(s, &ask.h, ask.family);
	return err ? err : (long)len;
}

static int netlink_bind(struct sock *s, const struct addr *a)
{
	(void)s;
	return a->len < sizeof(a->nl) || a->family != AF_NETLINK ? -EINVAL : 0;
}

static int netlink_connect(struct sock *s, const struct addr *a, bool nonblock)
{
	(void)nonblock;
	return a->family == AF_UNSPEC ? 0 : netlink_bind(s, a);
}

static int netlink_name(struct sock *s, bool peer, struct addr *a)
{
	(void)s;
	*a = (struct addr){ .len = sizeof(a->nl), .family = AF_NETLINK };
	a->nl.nl_pid = peer ? 0 : PROCESS_ID;
	return 0;
}

static int netlink_shutdown(struct sock *s, u32 how)
{
	(void)s, (void)how;
	return -EOPNOTSUPP;
}

static u32 netlink_poll(struct sock *s, struct waitq **q)
{
	*q = &s->q;
	return dgram_poll(s) | POLLOUT | POLLWRNORM | POLLWRBAND;
}

static void netlink_release(struct sock *s)
{
	dgram_drain(&s->msgs);
}

static const struct sock_ops netlink_ops = {
	.bind = netlink_bind, .listen = sock_no_listen, .connect = netlink_connect,
	.accept = sock_no_accept, .name = netlink_name, .shutdown = netlink_shutdown,
	.send = netlink_send, .recv = dgram_recv, .poll = netlink_poll,
	.release = netlink_release,
};

int netlink_create(u8 type, s32 protocol, struct sock **s)
{
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != NETLINK_ROUTE)
		return -EPROTONOSUPPORT;
	*s = sock_new(&netlink_ops, AF_NETLINK, type, protocol);
	return *s ? 0 : -ENOMEM;
}
