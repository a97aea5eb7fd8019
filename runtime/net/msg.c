/* SPDX-License-Identifier: MIT */
/* Sending and receiving: the calls, and struct msghdr.  What is sent how, the protocols know. */
#include "mm/space.h"
#include "net/net.h"
#include "net/msg.h"
#include "net/syscalls.h"
#include "fs/poll.h"
#include "sys/sys.h"
#include <linux/time.h>

struct user_msghdr {
	u64 name;
	s32 namelen;
	u32 pad;
	u64 iov, iovlen, control, controllen;
	u32 flags, pad2;
};

struct user_mmsghdr {
	struct user_msghdr hdr;
	u32 len, pad;
};

static u32 flags_of(const struct file *f, u64 flags)
{
	return (u32)flags | (f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

long sys_sendto(u64 fd, u64 buf, u64 n, u64 flags, u64 uaddr, u64 len)
{
	struct message m = { 0 };
	struct sock *s;
	struct file *f;
	long res;

	if (n > MVM_IO_MAX && !space_user(buf, n))
		return -EFAULT;
	res = sock_fd(fd, &s, &f);
	if (res)
		return res;
	m.flags = flags_of(f, flags);
	io_user(&m.io, buf, MIN(n, MVM_IO_MAX));
	if (uaddr)
		res = addr_in(&m.addr, uaddr, (s32)len);
	if (!res)
		res = s->ops->send(s, &m);
	file_put(f);
	return res;
}

long sys_recvfrom(u64 fd, u64 buf, u64 n, u64 flags, u64 uaddr, u64 ulen)
{
	struct message m = { 0 };
	struct sock *s;
	struct file *f;
	long res = sock_fd(fd, &s, &f);
	int err;

	if (res)
		return res;
	m.flags = flags_of(f, flags);
	io_user(&m.io, buf, MIN(n, MVM_IO_MAX));
	res = s->ops->recv(s, &m);
	rights_free(m.rights);
	if (res >= 0 && uaddr) {
		err = addr_out(&m.addr, uaddr, ulen);
		res = err ? err : res;
	}
	file_put(f);
	return res;
}

/* ---- one message ---- */

/* The header and the buffers of it. */
static long msghdr_in(struct user_msghdr *h, u64 umsg, struct io_import *im, struct message *m)
{
	long total;

	if (copy_from_user(h, umsg, sizeof(*h)))
		return -EFAULT;
	if (!h->name)
		h->namelen = 0;
	if (h->namelen < 0)
		return -EINVAL;
	h->namelen = MIN(h->namelen, (s32)sizeof(m->addr.bytes));
	if (h->iovlen > IOV_MAX)
		return -EMSGSIZE;
	total = io_import(im, h->iov, h->iovlen);
	if (total >= 0)
		io_vector(&m->io, im->vec, h->iovlen, total);
	return MIN(total, 0);
}

static long send_one(struct sock *s, struct file *f, u64 umsg, u64 flags)
{
	struct message m = { .flags = flags_of(f, flags) };
	struct user_msghdr h;
	struct io_import im;
	long res = msghdr_in(&h, umsg, &im, &m);

	if (res)
		return res;
	res = addr_in(&m.addr, h.name, h.namelen);
	if (!res && h.controllen)
		res = cmsg_in(s, &m, h.control, h.controllen);
	if (!res)
		res = s->ops->send(s, &m);
	rights_free(m.rights);
	io_import_done(&im);
	return res;
}

static long recv_one(struct sock *s, struct file *f, u64 umsg, u64 flags)
{
	struct message m = { .flags = flags_of(f, flags) };
	struct user_msghdr h;
	struct io_import im;
	long res = msghdr_in(&h, umsg, &im, &m), n;
	u64 used;

	if (res)
		return res;
	n = s->ops->recv(s, &m);
	io_import_done(&im);
	if (n < 0)
		return n;
	used = h.controllen;
	m.out_flags |= (u32)flags & MSG_CMSG_CLOEXEC;
	res = cmsg_out(s, &m, h.control, &used);
	if (!res && h.name)
		res = addr_out(&m.addr, h.name, umsg + offsetof(struct user_msghdr, namelen));
	if (!res && (put_user(m.out_flags, umsg + offsetof(struct user_msghdr, flags)) ||
		     put_user(used, umsg + offsetof(struct user_msghdr, controllen))))
		res = -EFAULT;
	return res ? res : n;
}

typedef long (*one_fn)(struct sock *s, struct file *f, u64 umsg, u64 flags);

static long one(u64 fd, u64 umsg, u64 flags, one_fn fn)
{
	struct sock *s;
	struct file *f;
	long res = sock_fd(fd, &s, &f);

	if (res)
		return res;
	res = fn(s, f, umsg, flags);
	file_put(f);
	return res;
}

long sys_sendmsg(u64 fd, u64 umsg, u64 flags)
{
	return one(fd, umsg, flags, send_one);
}

long sys_recvmsg(u64 fd, u64 umsg, u64 flags)
{
	return one(fd, umsg, flags, recv_one);
}

/* ---- several ---- */

/*
 * deadline: looked at between messages only, as recvmmsg(2) says under BUGS.  How many; an error
 * counts when there was none before it, else the next call reports it.
 */
static long several(struct sock *s, struct file *f, u64 umsgs, u32 n, u64 flags, u64 deadline,
		    one_fn fn)
{
	u32 done = 0;
	long res = 0;

	n = MIN(n, IOV_MAX);
	while (done < n) {
		u64 at = umsgs + done * sizeof(struct user_mmsghdr);

		res = fn(s, f, at, flags & ~(u64)MSG_WAITFORONE);
		if (res < 0)
			break;
		if (put_user((u32)res, at + offsetof(struct user_mmsghdr, len))) {
			res = -EFAULT;
			break;
		}
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != UINT64_MAX && time_now(CLOCK_MONOTONIC) >= deadline)
			break;
	}
	if (done && res < 0 && res != -EAGAIN && fn == recv_one)
		s->err = res == -ERESTARTSYS ? EINTR : (s32)-res;
	return done ? (long)done : res;
}

long sys_sendmmsg(u64 fd, u64 umsgs, u64 n, u64 flags)
{
	struct sock *s;
	struct file *f;
	long res = sock_fd(fd, &s, &f);

	if (res)
		return res;
	res = several(s, f, umsgs, (u32)n, flags, UINT64_MAX, send_one);
	file_put(f);
	return res;
}

long sys_recvmmsg(u64 fd, u64 umsgs, u64 n, u64 flags, u64 uts)
{
	struct sock *s;
	struct file *f;
	u64 deadline;
	long res = deadline_in(uts, false, &deadline);

	if (!res)
		res = sock_fd(fd, &s, &f);
	if (res)
		return res;
	res = sock_error(s);
	if (!res)
		res = several(s, f, umsgs, (u32)n, flags, deadline, recv_one);
	file_put(f);
	if (res >= 0)
		deadline_out(uts, false, deadline);
	return res;
}
