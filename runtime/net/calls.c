/* SPDX-License-Identifier: MIT */
/* The system calls that make, name, connect and end sockets. */
#include "net/net.h"
#include "fs/syscalls.h"
#include "net/syscalls.h"

static int create(u32 family, u32 type, s32 protocol, struct sock **s)
{
	if (family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type >= SOCK_MAX)
		return -EINVAL;
	switch (family) {
	case AF_UNIX:
		return unix_create(type, protocol, s);
	case AF_INET:
	case AF_INET6:
		return inet_create(family, type, protocol, s);
	case AF_NETLINK:
		return netlink_create(type, protocol, s);
	case AF_PACKET:
		return -EPERM;
	default:
		return -EAFNOSUPPORT;
	}
}

long sys_socket(u64 family, u64 type64, u64 protocol)
{
	u32 type = type64, flags = type & ~SOCK_TYPE_MASK;
	struct sock *s;
	long res;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	res = create((u32)family, type & SOCK_TYPE_MASK, (s32)protocol, &s);
	if (res)
		return res;
	res = sock_install(s, flags);
	if (res < 0) {
		s->ops->release(s);
		sock_put(s);
	}
	return res;
}

long sys_socketpair(u64 family, u64 type64, u64 protocol, u64 usv)
{
	u32 type = type64, flags = type & ~SOCK_TYPE_MASK;
	struct sock *s[2] = { NULL, NULL };
	s32 fd[2] = { -1, -1 };
	long res;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	res = create((u32)family, type & SOCK_TYPE_MASK, (s32)protocol, &s[0]);
	if (!res && family != AF_UNIX)
		res = -EOPNOTSUPP;
	if (!res)
		res = create((u32)family, type & SOCK_TYPE_MASK, (s32)protocol, &s[1]);
	if (!res)
		unix_pair(s[0], s[1]);
	for (int i = 0; i < 2 && !res; i++) {
		fd[i] = (s32)sock_install(s[i], flags);
		res = MIN(fd[i], 0);
	}
	if (!res && copy_to_user(usv, fd, sizeof(fd)))
		res = -EFAULT;
	for (int i = 0; i < 2 && res; i++) {
		if (fd[i] >= 0) {
			sys_close((u32)fd[i]);
		} else if (s[i]) {
			s[i]->ops->release(s[i]);
			sock_put(s[i]);
		}
	}
	return res;
}

long sys_bind(u64 fd, u64 uaddr, u64 len)
{
	struct addr a;
	struct sock *s;
	struct file *f;
	int err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	err = addr_in(&a, uaddr, (s32)len);
	if (!err)
		err = s->ops->bind(s, &a);
	file_put(f);
	return err;
}

long sys_listen(u64 fd, u64 backlog)
{
	u32 max = (u32)backlog;
	struct sock *s;
	struct file *f;
	int err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	s->backlog_max = MIN(max, SOMAXCONN);
	err = s->ops->listen(s);
	file_put(f);
	return err;
}

/* Gives the new connection a descriptor, or back to the listener. */
static long install_accepted(struct sock *l, struct sock *conn, u64 uaddr, u64 ulen, u32 flags)
{
	struct addr a = { 0 };
	long fd = sock_install(conn, flags);
	int err;

	if (fd < 0) {
		l->ops->unaccept(l, conn);
		return fd;
	}
	if (!uaddr)
		return fd;
	err = conn->ops->name(conn, true, &a);
	if (err == -ENOTCONN)		/* it is gone already, but it was there */
		err = -ECONNABORTED;
	if (!err)
		err = addr_out(&a, uaddr, ulen);
	if (!err)
		return fd;
	sys_close((u64)fd);
	return err;
}

long sys_accept4(u64 fd, u64 uaddr, u64 ulen, u64 flags64)
{
	u32 flags = flags64;
	struct sock *s, *conn;
	struct file *f;
	long res;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	res = sock_fd(fd, &s, &f);
	if (res)
		return res;
	res = s->ops->accept(s, &conn, f->flags & O_NONBLOCK);
	if (!res)
		res = install_accepted(s, conn, uaddr, ulen, flags);
	file_put(f);
	return res;
}

long sys_accept(u64 fd, u64 uaddr, u64 ulen)
{
	return sys_accept4(fd, uaddr, ulen, 0);
}

long sys_connect(u64 fd, u64 uaddr, u64 len)
{
	struct addr a;
	struct sock *s;
	struct file *f;
	int err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	err = addr_in(&a, uaddr, (s32)len);
	if (!err && a.len < sizeof(a.family))
		err = -EINVAL;
	if (!err)
		err = s->ops->connect(s, &a, f->flags & O_NONBLOCK);
	file_put(f);
	return err;
}

static long get_name(u64 fd, u64 uaddr, u64 ulen, bool peer)
{
	struct addr a = { 0 };
	struct sock *s;
	struct file *f;
	int err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	err = s->ops->name(s, peer, &a);
	if (!err)
		err = addr_out(&a, uaddr, ulen);
	file_put(f);
	return err;
}

long sys_getsockname(u64 fd, u64 uaddr, u64 ulen)
{
	return get_name(fd, uaddr, ulen, false);
}

long sys_getpeername(u64 fd, u64 uaddr, u64 ulen)
{
	return get_name(fd, uaddr, ulen, true);
}

long sys_shutdown(u64 fd, u64 how)
{
	struct sock *s;
	struct file *f;
	int err = sock_fd(fd, &s, &f);

	if (err)
		return err;
	/* SHUT_RD, SHUT_WR, SHUT_RDWR are 0, 1, 2. */
	err = (u32)how > 2 ? -EINVAL : s->ops->shutdown(s, (u32)how + 1);
	file_put(f);
	return err;
}
