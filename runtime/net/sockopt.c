/* SPDX-License-Identifier: MIT */
/*
 * setsockopt.  Most options are a number that is kept and given back: a table says which, between
 * what bounds.  Those that are more have functions.
 * Sources: socket(7), tcp(7), ip(7), ipv6(7), udp(7), unix(7).
 */
#include "net/sockopt.h"
#include "net/syscalls.h"
#include "sys/creds.h"
#include <asm/socket.h>
#include <linux/tcp.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/udp.h>

/* net.core.rmem_max and wmem_max; what is shown is twice that. */
#define BUF_MAX		212992U
#define RCVBUF_MIN	2304U
#define SNDBUF_MIN	4608U
#define TCP_RCVBUF	131072U
#define TCP_SNDBUF	16384U
#define CAP_NET_ADMIN	12

#define AT(field)	offsetof(struct sock_opts, field)
#define TCP		(1U << SOCK_STREAM)
#define UDP		(1U << SOCK_DGRAM)

static const struct sockopt table[] = {
	{ SOL_SOCKET, SO_REUSEADDR, AT(reuseaddr), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_REUSEPORT, AT(reuseport), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_KEEPALIVE, AT(keepalive), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_BROADCAST, AT(broadcast), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_DONTROUTE, AT(dontroute), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_PASSCRED, AT(passcred), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_OOBINLINE, AT(oobinline), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_NO_CHECK, AT(no_check), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_RXQ_OVFL, AT(rxq_ovfl), OPT_BOOL, 0, 0, 0 },
	{ SOL_SOCKET, SO_PRIORITY, AT(priority), OPT_INT, 0, 0, 6 },
	{ SOL_SOCKET, SO_PEEK_OFF, AT(peek_off), OPT_INT, 0, INT32_MIN, INT32_MAX },
	{ IPPROTO_TCP, TCP_NODELAY, AT(nodelay), OPT_BOOL, TCP, 0, 0 },
	{ IPPROTO_TCP, TCP_CORK, AT(cork), OPT_BOOL, TCP, 0, 0 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, AT(keepidle), OPT_INT, TCP, 1, 32767 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, AT(keepintvl), OPT_INT, TCP, 1, 32767 },
	{ IPPROTO_TCP, TCP_KEEPCNT, AT(keepcnt), OPT_INT, TCP, 1, 127 },
	{ IPPROTO_TCP, TCP_SYNCNT, AT(syncnt), OPT_INT, TCP, 1, 127 },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, AT(user_timeout), OPT_INT, TCP, 0, INT32_MAX },
	{ IPPROTO_TCP, TCP_LINGER2, AT(linger2), OPT_INT, TCP, INT32_MIN, INT32_MAX },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, AT(defer), OPT_INT, TCP, INT32_MIN, INT32_MAX },
	{ IPPROTO_TCP, TCP_QUICKACK, AT(quickack), OPT_BOOL, TCP, 0, 0 },
	{ IPPROTO_TCP, TCP_MAXSEG, AT(maxseg), OPT_INT, TCP, 88, 32767 },
	{ IPPROTO_TCP, TCP_FASTOPEN, AT(fastopen), OPT_INT, TCP, 0, INT32_MAX },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, AT(notsent_lowat), OPT_INT, TCP, INT32_MIN, INT32_MAX },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP, AT(window_clamp), OPT_INT, TCP, 0, INT32_MAX },
	{ IPPROTO_UDP, UDP_CORK, AT(udp_cork), OPT_BOOL, UDP, 0, 0 },
	{ IPPROTO_IP, IP_TOS, AT(tos), OPT_INT, 0, 0, 255 },
	{ IPPROTO_IP, IP_TTL, AT(ttl), OPT_INT, 0, 1, 255 },
	{ IPPROTO_IP, IP_PKTINFO, AT(pktinfo), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_RECVTOS, AT(recvtos), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_RECVTTL, AT(recvttl), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_RECVERR, AT(recverr), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_MULTICAST_TTL, AT(mcast_ttl), OPT_INT, UDP, 0, 255 },
	{ IPPROTO_IP, IP_MULTICAST_LOOP, AT(mcast_loop), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_FREEBIND, AT(freebind), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, AT(mtu), OPT_INT, 0, 0, 5 },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, AT(bind_no_port), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_V6ONLY, AT(v6only), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, AT(v6_hops), OPT_INT, 0, -1, 255 },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, AT(v6_pktinfo), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_TCLASS, AT(tclass), OPT_INT, 0, -1, 255 },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, AT(v6_recvtclass), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, AT(v6_recvhops), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_RECVERR, AT(v6_recverr), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, AT(v6_mcast_hops), OPT_INT, UDP, -1, 255 },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP, AT(v6_mcast_loop), OPT_BOOL, 0, 0, 0 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, AT(v6_mtu), OPT_INT, 0, 0, 5 },
	{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, AT(autoflowlabel), OPT_BOOL, 0, 0, 0 },
};

void sock_opts_init(struct sock *s)
{
	bool tcp = s->type == SOCK_STREAM && s->family != AF_UNIX;

	s->rcvtimeo = s->sndtimeo = UINT64_MAX;
	s->rcvbuf = tcp ? TCP_RCVBUF : BUF_MAX;
	s->sndbuf = tcp ? TCP_SNDBUF : BUF_MAX;
	s->o = (struct sock_opts){
		.peek_off = -1, .rcvlowat = 1, .keepidle = 7200, .keepintvl = 75, .keepcnt = 9,
		.syncnt = 6, .linger2 = 60, .quickack = 1, .maxseg = tcp ? 536 : 0, .ttl = 64,
		.mcast_ttl = 1, .mcast_loop = 1, .mtu = 1, .v6_hops = 64, .v6_mcast_hops = 1,
		.v6_mcast_loop = 1, .v6_mtu = 1, .autoflowlabel = 1,
	};
}

bool sockopt_level(const struct sock *s, u32 level)
{
	switch (level) {
	case SOL_SOCKET:
		return true;
	case IPPROTO_TCP:
		return s->type == SOCK_STREAM && s->family != AF_UNIX;
	case IPPROTO_UDP:
		return s->type == SOCK_DGRAM && s->family != AF_UNIX;
	case IPPROTO_IP:
		return s->family == AF_INET || s->family == AF_INET6;
	case IPPROTO_IPV6:
		return s->family == AF_INET6;
	default:
		return false;
	}
}

const struct sockopt *sockopt_find(const struct sock *s, u32 level, u32 name)
{
	for (u32 i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].level == level && table[i].name == name &&
		    (!table[i].types || table[i].types & 1U << s->type))
			return &table[i];
	return NULL;
}

/* ---- setting ---- */

static long set_timeout(struct sock *s, u32 name, u64 uval, u32 len)
{
	struct __kernel_old_timeval t;	/* the same layout as the new one's on 64 bits */
	u64 ns = UINT64_MAX;

	if (len < sizeof(t))
		return -EINVAL;
	if (copy_from_user(&t, uval, sizeof(t)))
		return -EFAULT;
	if (t.tv_usec < 0 || t.tv_usec >= 1000000)
		return -EDOM;
	if (t.tv_sec < 0)
		ns = 0;
	else if ((t.tv_sec || t.tv_usec) && t.tv_sec < INT32_MAX)
		ns = (u64)t.tv_sec * 1000000000 + (u64)t.tv_usec * 1000;
	if (name == SO_RCVTIMEO_OLD || name == SO_RCVTIMEO_NEW)
		s->rcvtimeo = ns;
	else
		s->sndtimeo = ns;
	return 0;
}

static long set_linger(struct sock *s, u64 uval, u32 len)
{
	struct { s32 on, s; } l;

	if (len < sizeof(l))
		return -EINVAL;
	if (copy_from_user(&l, uval, sizeof(l)))
		return -EFAULT;
	s->o.linger_on = !!l.on;
	if (l.on)
		s->o.linger_s = l.s;
	return 0;
}

static long set_buffer(struct sock *s, u32 name, s32 value, bool force)
{
	u32 n = force ? (u32)MAX(value, 0) : MIN((u32)value, BUF_MAX);

	n = MIN(n, (u32)INT32_MAX / 2);
	if (name == SO_RCVBUF) {
		s->rcvbuf = MAX(n * 2, RCVBUF_MIN);
		s->locked_rcvbuf = true;
	} else {
		s->sndbuf = MAX(n * 2, SNDBUF_MIN);
		s->locked_sndbuf = true;
	}
	return 0;
}

/* SOL_SOCKET options with more to them than a number, value being their int.  -ENOPROTOOPT. */
static long set_socket(struct sock *s, u32 name, s32 value)
{
	switch (name) {
	case SO_SNDBUF:
	case SO_RCVBUF:
		return set_buffer(s, name, value, false);
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		return set_buffer(s, name == SO_SNDBUFFORCE ? SO_SNDBUF : SO_RCVBUF, value, true);
	case SO_RCVLOWAT:
		s->o.rcvlowat = value < 0 ? INT32_MAX : value ? value : 1;
		return 0;
	case SO_MARK:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		s->o.mark = value;
		return 0;
	case SO_DEBUG:
		return value && !capable(CAP_NET_ADMIN) ? -EACCES : 0;
	case SO_BSDCOMPAT:
		return 0;
	case SO_TIMESTAMP_OLD:		/* one takes the place of the others */
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		s->o.timestamp = value ? (s32)name : 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static long set_plain(struct sock *s, const struct sockopt *o, s32 value)
{
	if (o->name == SO_PASSCRED && o->level == SOL_SOCKET && s->family != AF_UNIX)
		return 0;
	if (o->level == IPPROTO_IPV6 && o->name == IPV6_V6ONLY && s->port)
		return -EINVAL;
	if (o->kind == OPT_BOOL)
		value = !!value;
	else if (o->level == IPPROTO_IP && o->name == IP_TTL && value == -1)
		value = 64;
	else if (value < o->min || value > o->max)
		return o->level == SOL_SOCKET ? -EPERM : -EINVAL;
	*sockopt_field(s, o) = value;
	return 0;
}

static long set_option(struct sock *s, u32 level, u32 name, u64 uval, u32 len)
{
	const struct sockopt *o;
	char congestion[16] = "";
	s32 value = 0;
	u8 byte;
	long err;

	if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		if (copy_from_user(congestion, uval, MIN(len, 15U)))
			return -EFAULT;
		return strcmp(congestion, SOCK_CONGESTION) ? -ENOENT : 0;
	}
	/* The options of IPv4 may be given as a byte. */
	if (len < sizeof(value) && level == IPPROTO_IP && len) {
		if (get_user(byte, uval))
			return -EFAULT;
		value = byte;
	} else if (len < sizeof(value)) {
		return -EINVAL;
	} else if (get_user(value, uval)) {
		return -EFAULT;
	}
	o = sockopt_find(s, level, name);
	if (o)
		err = set_plain(s, o, value);
	else
		err = level == SOL_SOCKET ? set_socket(s, name, value) : -ENOPROTOOPT;
	if (!err && s->ops->option)
		s->ops->option(s, level, name, value);
	return err;
}

long sys_setsockopt(u64 fd, u64 level, u64 name64, u64 uval, u64 len64)
{
	u32 name = name64;
	struct sock *s;
	struct file *f;
	long err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	if ((s32)len64 < 0)
		err = -EINVAL;
	else if (!sockopt_level(s, (u32)level))
		err = s->family == AF_UNIX ? -EOPNOTSUPP : -ENOPROTOOPT;
	else if ((u32)level == SOL_SOCKET && (name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD ||
		 name == SO_RCVTIMEO_NEW || name == SO_SNDTIMEO_NEW))
		err = set_timeout(s, name, uval, (u32)len64);
	else if ((u32)level == SOL_SOCKET && name == SO_LINGER)
		err = set_linger(s, uval, (u32)len64);
	else
		err = set_option(s, (u32)level, name, uval, (u32)len64);
	file_put(f);
	return err;
}
