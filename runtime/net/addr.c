/* SPDX-License-Identifier: MIT */
/*
 * Socket addresses: between the program and the runtime, and between the families' structures
 * and the one form that ports are looked up by.
 */
#include "net/net.h"

#define IN6_MIN		24U	/* sockaddr_in6 without its scope, as RFC 2133 had it */
#define V4_MAPPED	htonl_(0xffff)

static u16 htons_(u16 v) { return __builtin_bswap16(v); }
static u32 htonl_(u32 v) { return __builtin_bswap32(v); }

int addr_in(struct addr *a, u64 uaddr, s32 len)
{
	if (len < 0 || (u32)len > sizeof(a->bytes))
		return -EINVAL;
	*a = (struct addr){ .len = (u32)len };
	return len && copy_from_user(a->bytes, uaddr, (u32)len) ? -EFAULT : 0;
}

int addr_out(const struct addr *a, u64 uaddr, u64 ulen)
{
	s32 room, len = (s32)a->len;

	if (get_user(room, ulen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (copy_to_user(uaddr, a->bytes, (u32)MIN(room, len)))
		return -EFAULT;
	return put_user(len, ulen) ? -EFAULT : 0;
}

static void set_v4(struct ep *e, u32 be)
{
	e->d[0] = 0;
	e->w[2] = V4_MAPPED;
	e->w[3] = be;
}

int ep_from_addr(struct ep *e, const struct addr *a, u16 family)
{
	if (a->len < (family == AF_INET ? sizeof(a->in) : IN6_MIN))
		return -EINVAL;
	if (a->family != family)
		return -EAFNOSUPPORT;
	if (family == AF_INET) {
		set_v4(e, a->in.sin_addr.s_addr);
		e->port = htons_(a->in.sin_port);
	} else {
		memcpy(e->ip, &a->in6.sin6_addr, sizeof(e->ip));
		e->port = htons_(a->in6.sin6_port);
	}
	return 0;
}

void ep_to_addr(const struct ep *e, struct addr *a, u16 family)
{
	*a = (struct addr){ .family = family };
	if (family == AF_INET) {
		a->len = sizeof(a->in);
		a->in.sin_addr.s_addr = ep_is_v4(e) ? e->w[3] : 0;
		a->in.sin_port = htons_(e->port);
		return;
	}
	a->len = sizeof(a->in6);
	a->in6.sin6_port = htons_(e->port);
	/* The socket of IPv6 that has no address is ::, whatever it will be used for. */
	if (!ep_is_any(e))
		memcpy(&a->in6.sin6_addr, e->ip, sizeof(e->ip));
}

bool ep_is_v4(const struct ep *e)
{
	return !e->d[0] && e->w[2] == V4_MAPPED;
}

bool ep_is_any(const struct ep *e)
{
	return !e->d[0] && !e->w[3] && (!e->w[2] || e->w[2] == V4_MAPPED);
}

bool ep_is_loopback(const struct ep *e)
{
	if (ep_is_v4(e))
		return e->ip[12] == 127;
	return !e->d[0] && !e->w[2] && e->w[3] == htonl_(1);
}

void ep_set_any(struct ep *e, u16 family)
{
	if (family == AF_INET)
		set_v4(e, 0);
	else
		e->d[0] = e->d[1] = 0;
}

void ep_set_loopback(struct ep *e, bool v4)
{
	if (v4) {
		set_v4(e, htonl_(0x7f000001));
	} else {
		e->d[0] = 0;
		e->w[2] = 0;
		e->w[3] = htonl_(1);
	}
}
