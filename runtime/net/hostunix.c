/* SPDX-License-Identifier: MIT */
/*
 * Streams of AF_UNIX to a socket of the host that a --connect grants.  What is connected is moved
 * by hosttcp.c, as TCP's is.
 */
#include "net/hosted.h"
#include "net/unix.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include <linux/time.h>

#define RETRY_NS	1000000U	/* the host has nothing that would tell of room */

/* CONNECT, again while the server has more connections waiting than it takes. */
static long open_outside(s32 handle, u64 deadline, bool nonblock)
{
	struct mvm_sqe e = { .op = MVM_OP_CONNECT, .handle = handle };
	struct waitq nobody = { NULL };
	long res;
	u64 now;

	while ((res = hyper(&e, NULL)) == -EAGAIN && !nonblock) {
		now = time_now(CLOCK_MONOTONIC);
		if (now >= deadline)
			break;
		res = waitq_wait(&nobody, MIN(deadline, now + RETRY_NS));
		if (res != -ETIMEDOUT)
			return sock_slept((int)res, deadline);
	}
	return res;
}

int hosttcp_connect_unix(struct sock *s, s32 handle, const struct addr *a, bool nonblock)
{
	struct addr *to;
	long conn;

	if (s->state != SS_CLOSED || s->peer)
		return s->state == SS_LISTEN ? -EINVAL : -EISCONN;
	conn = open_outside(handle, sock_deadline(s->sndtimeo), nonblock);
	if (conn < 0)
		return (int)conn;
	to = kmalloc(sizeof(*to));
	if (!to || hosted_attach(s, (s32)conn, NULL, false)) {
		kfree(to);
		hosted_close((s32)conn);
		return -ENOMEM;
	}
	*to = *a;
	s->hosted->to = to;
	hostbuf_init(&s->hosted->bytes, &s->hosted->fd);
	hostbuf_connected(&s->hosted->bytes);
	hosted_apply(s);
	s->peercred = (struct cred){ 0, UNIX_NOBODY, UNIX_NOBODY };
	s->state = SS_CONNECTED;
	s->ops = &hosttcp_ops;
	return 0;
}
