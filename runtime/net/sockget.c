/* SPDX-License-Identifier: MIT */
/* getsockopt.  What is set how, sockopt.c knows. */
#include "net/sockopt.h"
#include "net/syscalls.h"
#include <asm/socket.h>
#include <linux/tcp.h>
#include <linux/time_types.h>

/* An answer to the program: as much as it has room for. */
static long give(const void *value, u32 n, u64 uval, u64 ulen)
{
	s32 room;

	if (get_user(room, ulen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	n = MIN(n, (u32)room);
	if (copy_to_user(uval, value, n))
		return -EFAULT;
	return put_user((s32)n, ulen) ? -EFAULT : 0;
}

static long give_int(s32 value, u64 uval, u64 ulen)
{
	return give(&value, sizeof(value), uval, ulen);
}

static long get_timeout(u64 ns, u64 uval, u64 ulen)
{
	struct __kernel_old_timeval t = { 0, 0 };

	if (ns != UINT64_MAX) {
		t.tv_sec = (s64)(ns / 1000000000);
		t.tv_usec = (s64)(ns % 1000000000 / 1000);
	}
	return give(&t, sizeof(t), uval, ulen);
}

static long get_peername(struct sock *s, u64 uval, u64 ulen)
{
	struct addr a = { 0 };
	int err = s->ops->name(s, true, &a);

	return err ? -ENOTCONN : give(a.bytes, a.len, uval, ulen);
}

/* A peer of the host has no number here, but a user (hostunix.c). */
static long get_peercred(const struct sock *s, u64 uval, u64 ulen)
{
	struct cred none = { 0, UINT32_MAX, UINT32_MAX };
	bool known = s->peercred.pid || s->peercred.uid;

	return give(known ? &s->peercred : &none, sizeof(none), uval, ulen);
}

static long get_socket(struct sock *s, u32 name, u64 uval, u64 ulen)
{
	struct { s32 on, s; } linger = { s->o.linger_on, s->o.linger_s };

	switch (name) {
	case SO_TYPE:
		return give_int(s->type, uval, ulen);
	case SO_DOMAIN:
		return give_int(s->family, uval, ulen);
	case SO_PROTOCOL:
		return give_int(s->protocol, uval, ulen);
	case SO_ERROR:
		return give_int(-(s->ops->error && !s->err ? s->ops->error(s) : sock_error(s)),
				uval, ulen);
	case SO_ACCEPTCONN:
		return give_int(s->state == SS_LISTEN, uval, ulen);
	case SO_SNDBUF:
		return give_int((s32)s->sndbuf, uval, ulen);
	case SO_RCVBUF:
		return give_int((s32)s->rcvbuf, uval, ulen);
	case SO_RCVLOWAT:
		return give_int(s->o.rcvlowat, uval, ulen);
	case SO_SNDLOWAT:
		return give_int(1, uval, ulen);
	case SO_MARK:
		return give_int(s->o.mark, uval, ulen);
	case SO_DEBUG:
	case SO_BSDCOMPAT:
		return give_int(0, uval, ulen);
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		return give_int(s->o.timestamp == (s32)name, uval, ulen);
	case SO_LINGER:
		return give(&linger, sizeof(linger), uval, ulen);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return get_timeout(s->rcvtimeo, uval, ulen);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return get_timeout(s->sndtimeo, uval, ulen);
	case SO_PEERCRED:
		return get_peercred(s, uval, ulen);
	case SO_PEERNAME:
		return get_peername(s, uval, ulen);
	default:
		return -ENOPROTOOPT;
	}
}

/* Linux's numbers of the states, which TCP_INFO shows. */
static u8 tcp_state(const struct sock *s)
{
	switch (s->state) {
	case SS_LISTEN:
		return 10;
	case SS_CONNECTING:
		return 2;
	case SS_CONNECTED:
		if (s->fin)
			return s->shut & SHUT_SND ? 9 : 8;	/* LAST_ACK, CLOSE_WAIT */
		return s->shut & SHUT_SND ? 5 : 1;		/* FIN_WAIT2, ESTABLISHED */
	default:
		return 7;
	}
}

static long get_tcp(const struct sock *s, u32 name, u64 uval, u64 ulen)
{
	struct tcp_info info = {
		.tcpi_state = tcp_state(s), .tcpi_snd_mss = 32768, .tcpi_rcv_mss = 536,
		.tcpi_advmss = 65483, .tcpi_pmtu = 65535, .tcpi_rto = 200000, .tcpi_ato = 40000,
		.tcpi_rtt = 20, .tcpi_rttvar = 10, .tcpi_snd_cwnd = 10,
		.tcpi_snd_ssthresh = INT32_MAX,
		.tcpi_rcv_space = 65483, .tcpi_reordering = 3,
	};
	char congestion[16] = SOCK_CONGESTION;

	if (s->state == SS_LISTEN) {
		info.tcpi_unacked = s->backlog_len;
		info.tcpi_sacked = s->backlog_max;
	}
	if (name == TCP_INFO)
		return give(&info, sizeof(info), uval, ulen);
	if (name == TCP_CONGESTION)
		return give(congestion, sizeof(congestion), uval, ulen);
	return -ENOPROTOOPT;
}

static long get_option(struct sock *s, u32 level, u32 name, u64 uval, u64 ulen)
{
	const struct sockopt *o = sockopt_find(s, level, name);

	if (o)
		return give_int(*sockopt_field(s, o), uval, ulen);
	if (level == SOL_SOCKET)
		return get_socket(s, name, uval, ulen);
	if (level == IPPROTO_TCP)
		return get_tcp(s, name, uval, ulen);
	if ((level == IPPROTO_IP && name == IP_MTU) || (level == IPPROTO_IPV6 && name == IPV6_MTU))
		return s->state == SS_CONNECTED ? give_int(LO_MTU - 1, uval, ulen) : -ENOTCONN;
	return -ENOPROTOOPT;
}

long sys_getsockopt(u64 fd, u64 level, u64 name, u64 uval, u64 ulen)
{
	struct sock *s;
	struct file *f;
	long err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	if (!sockopt_level(s, (u32)level))
		err = -EOPNOTSUPP;
	else
		err = get_option(s, (u32)level, (u32)name, uval, ulen);
	file_put(f);
	return err;
}
