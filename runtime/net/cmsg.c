/* SPDX-License-Identifier: MIT */
/*
 * Control data of sendmsg and recvmsg: open files and credentials on AF_UNIX, where a datagram
 * went and how on UDP, and when it came.  Source: cmsg(3), unix(7), ip(7), ipv6(7).
 */
#include "net/net.h"
#include "net/msg.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/sys.h"
#include <asm/socket.h>
#include <linux/ipv6.h>
#include <linux/time.h>

#define CONTROL_MAX	20480U		/* net.core.optmem_max */

#define SCM_RIGHTS	1
#define SCM_CREDENTIALS	2

struct cmsghdr { u64 len; s32 level, type; };

#define CMSG_LEN(n)	(sizeof(struct cmsghdr) + (n))

struct cred cred_now(void)
{
	return (struct cred){ .pid = PROCESS_ID, .uid = creds.uid.e, .gid = creds.gid.e };
}

void rights_free(struct rights *r)
{
	if (!r)
		return;
	for (u32 i = 0; i < r->n; i++)
		file_put(r->file[i]);
	net_uncharge(sizeof(*r) + r->n * sizeof(r->file[0]));
	kfree(r);
}

static struct rights *rights_new(u32 n)
{
	u64 size = sizeof(struct rights) + n * sizeof(struct file *);
	struct rights *r = net_charge(size) ? kmalloc(size) : NULL;

	if (r)
		r->n = n;
	return r;
}

struct rights *rights_copy(const struct rights *r)
{
	struct rights *copy = r ? rights_new(r->n) : NULL;

	for (u32 i = 0; copy && i < r->n; i++) {
		copy->file[i] = r->file[i];
		file_ref(copy->file[i]);
	}
	return copy;
}

/* ---- to a socket ---- */

/* Descriptors become open files; those of several messages add up. */
static int take_files(struct message *m, u64 udata, u64 len)
{
	u32 had = m->rights ? m->rights->n : 0, more = len / sizeof(s32);
	struct rights *r;

	if (had + more > SCM_FILES_MAX)
		return -EINVAL;
	if (!more)
		return 0;
	r = rights_new(had + more);
	if (!r)
		return -ENOBUFS;
	if (had) {
		memcpy(r->file, m->rights->file, had * sizeof(r->file[0]));
		m->rights->n = 0;
		net_uncharge(had * sizeof(r->file[0]));
	}
	rights_free(m->rights);
	m->rights = r;
	for (r->n = had; r->n < had + more; r->n++) {
		struct file *f;
		s32 fd;

		if (get_user(fd, udata + (r->n - had) * sizeof(fd)) || !(f = fd_peek((u32)fd))) {
			net_uncharge((had + more - r->n) * sizeof(r->file[0]));
			return -EBADF;
		}
		file_ref(f);
		r->file[r->n] = f;
	}
	return 0;
}

static bool has_id(const struct id_set *ids, u32 id)
{
	return id == ids->r || id == ids->e || id == ids->s;
}

/* One may say that one is oneself; who has the capability, more: there is nobody else. */
static int check_creds(u64 udata, u64 len)
{
	struct cred c;

	if (len != sizeof(c))
		return -EINVAL;
	if (copy_from_user(&c, udata, sizeof(c)))
		return -EFAULT;
	if (c.pid != PROCESS_ID ||
	    (!has_id(&creds.uid, c.uid) && !capable(CAP_SETUID_NR)) ||
	    (!has_id(&creds.gid, c.gid) && !capable(CAP_SETGID_NR)))
		return -EPERM;
	return 0;
}

static int one_in(struct sock *s, struct message *m, const struct cmsghdr *h, u64 udata)
{
	u64 len = h->len - sizeof(*h);

	if (h->level != SOL_SOCKET)
		return 0;
	if (h->type != SCM_RIGHTS && h->type != SCM_CREDENTIALS)
		return s->family == AF_UNIX || h->type != SO_MARK ? -EINVAL : 0;
	if (s->family != AF_UNIX)
		return 0;
	return h->type == SCM_RIGHTS ? take_files(m, udata, len) : check_creds(udata, len);
}

int cmsg_in(struct sock *s, struct message *m, u64 uctl, u64 len)
{
	u64 end = uctl + len;
	int err = 0;

	if (len > CONTROL_MAX)
		return -ENOBUFS;
	while (!err && uctl + sizeof(struct cmsghdr) <= end) {
		struct cmsghdr h;

		if (copy_from_user(&h, uctl, sizeof(h)))
			err = -EFAULT;
		else if (h.len < sizeof(h) || h.len > end - uctl)
			err = -EINVAL;
		else
			err = one_in(s, m, &h, uctl + sizeof(h));
		uctl += ALIGN_UP(h.len, 8UL);
	}
	if (err) {
		rights_free(m->rights);
		m->rights = NULL;
	}
	return err;
}

/* ---- from a socket ---- */

struct out { u64 at, left; u32 *flags; };

/* Cut where there is no more room: the program sees MSG_CTRUNC. */
static int put(struct out *o, s32 level, s32 type, const void *data, u64 n)
{
	struct cmsghdr h = { .len = CMSG_LEN(n), .level = level, .type = type };
	u64 space;

	if (o->left < sizeof(h)) {
		*o->flags |= MSG_CTRUNC;
		return 0;
	}
	if (o->left < h.len) {
		*o->flags |= MSG_CTRUNC;
		h.len = o->left;
	}
	if (copy_to_user(o->at, &h, sizeof(h)) ||
	    copy_to_user(o->at + sizeof(h), data, h.len - sizeof(h)))
		return -EFAULT;
	space = MIN(ALIGN_UP(h.len, 8UL), o->left);
	o->at += space;
	o->left -= space;
	return 0;
}

/* As many as there is room for in the buffer and the descriptor table. */
static int put_files(struct out *o, const struct rights *r, bool cloexec)
{
	s32 fds[SCM_FILES_MAX];
	u32 max = o->left > sizeof(struct cmsghdr) ?
		  MIN((o->left - sizeof(struct cmsghdr)) / sizeof(s32), (u64)r->n) : 0, n;

	for (n = 0; n < max; n++) {
		long fd = fd_install(r->file[n], 0, cloexec);

		if (fd < 0)
			break;
		file_ref(r->file[n]);
		fds[n] = (s32)fd;
	}
	if (n < r->n)
		*o->flags |= MSG_CTRUNC;
	return n ? put(o, SOL_SOCKET, SCM_RIGHTS, fds, n * sizeof(s32)) : 0;
}

/* When it came; both layouts of the time are the same on 64 bits. */
static int put_time(struct out *o, const struct sock *s, const struct message *m)
{
	u64 ns = m->when ? m->when : time_now(CLOCK_REALTIME);
	bool us = s->o.timestamp == SO_TIMESTAMP_OLD || s->o.timestamp == SO_TIMESTAMP_NEW;
	s64 t[2] = { (s64)(ns / 1000000000), (s64)(ns % 1000000000 / (us ? 1000 : 1)) };

	return put(o, SOL_SOCKET, s->o.timestamp, t, sizeof(t));
}

/* Of IPv4: where to, and how. */
static int put_v4(struct out *o, const struct sock *s, const struct message *m)
{
	struct in_pktinfo to = { .ipi_ifindex = LO_INDEX };
	s32 ttl = m->ttl;
	int err = 0;

	to.ipi_spec_dst.s_addr = to.ipi_addr.s_addr = m->to.w[3];
	if (s->o.pktinfo)
		err = put(o, IPPROTO_IP, IP_PKTINFO, &to, sizeof(to));
	if (!err && s->o.recvttl)
		err = put(o, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (!err && s->o.recvtos)
		err = put(o, IPPROTO_IP, IP_TOS, &m->tos, sizeof(m->tos));
	return err;
}

/* Of IPv6; where to also of IPv4 in an address of it. */
static int put_v6(struct out *o, const struct sock *s, const struct message *m)
{
	struct in6_pktinfo to = { .ipi6_ifindex = LO_INDEX };
	s32 hops = m->ttl, tclass = m->tos;
	int err = 0;

	memcpy(&to.ipi6_addr, m->to.ip, sizeof(m->to.ip));
	if (s->o.v6_pktinfo)
		err = put(o, IPPROTO_IPV6, IPV6_PKTINFO, &to, sizeof(to));
	if (!err && ep_is_v4(&m->to))
		return put_v4(o, s, m);
	if (!err && s->o.v6_recvhops)
		err = put(o, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof(hops));
	if (!err && s->o.v6_recvtclass)
		err = put(o, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof(tclass));
	return err;
}

int cmsg_out(struct sock *s, struct message *m, u64 uctl, u64 *len)
{
	struct out o = { .at = uctl, .left = *len, .flags = &m->out_flags };
	struct cred c = cred_now();
	int err = 0;

	if (s->o.timestamp && s->type == SOCK_DGRAM)
		err = put_time(&o, s, m);
	if (!err && s->family == AF_UNIX && s->o.passcred)
		err = put(&o, SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof(c));
	if (!err && m->rights)
		err = put_files(&o, m->rights, m->flags & MSG_CMSG_CLOEXEC);
	if (!err && m->has_to && s->family != AF_UNIX)
		err = s->family == AF_INET6 ? put_v6(&o, s, m) : put_v4(&o, s, m);
	rights_free(m->rights);
	m->rights = NULL;
	*len -= o.left;
	return err;
}
