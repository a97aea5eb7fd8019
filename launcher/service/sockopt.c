/* SPDX-License-Identifier: MIT */
/*
 * Options of sockets, by an exact list.  SO_LINGER is there only to reset: with a time, close(2)
 * would block.
 *
 * Needs (system calls), on sockets: getsockopt and setsockopt(fd, level, option) of the table
 *	of net/sockopt.c, ioctl(fd, FIONREAD | TIOCOUTQ)
 */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "svc.h"

#define KINDS	(1U << MVM_KIND_SOCKET | 1U << MVM_KIND_DATAGRAM)

/* The handle and the option of a request.  0 or -errno. */
static int take(struct service *s, const struct mvm_sqe *e, unsigned int how, struct handle **h,
		const struct sockopt_name **o)
{
	int err;

	*o = NULL;
	*h = socket_get(s, e->handle, KINDS, &err);
	if (!*h)
		return err;
	*o = e->arg < MVM_SO_MAX ? &sockopt_names[e->arg] : NULL;
	return *o && (*o)->how & how ? 0 : -EINVAL;
}

int64_t svc_getsockopt(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	const struct sockopt_name *o;
	struct handle *h;
	int value = 0, err;
	socklen_t len = sizeof(value);

	if (e->arg == MVM_SO_INQ || e->arg == MVM_SO_OUTQ) {
		h = socket_get(s, e->handle, KINDS, &err);
		if (!h)
			return err;
		if (ioctl(h->fd, e->arg == MVM_SO_INQ ? FIONREAD : TIOCOUTQ, &value))
			return -errno;
	} else {
		err = take(s, e, SOCKOPT_GET, &h, &o);
		if (err)
			return err;
		if (getsockopt(h->fd, o->level, o->name, &value, &len))
			return -errno;
	}
	out[0] = (uint64_t)(int64_t)value;
	return 0;
}

int64_t svc_setsockopt(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	const struct sockopt_name *o;
	struct linger reset = { .l_onoff = !!e->off, .l_linger = 0 };
	int value = (int)e->off, err;
	struct handle *h;

	(void)out;
	err = take(s, e, SOCKOPT_SET, &h, &o);
	if (err)
		return err;
	if (e->off > INT_MAX)
		return -EINVAL;
	if (e->arg == MVM_SO_RESET)
		return result(setsockopt(h->fd, o->level, o->name, &reset, sizeof(reset)));
	return result(setsockopt(h->fd, o->level, o->name, &value, sizeof(value)));
}
