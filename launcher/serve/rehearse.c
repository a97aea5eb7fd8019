/* SPDX-License-Identifier: MIT */
/*
 * A worker's rehearsal, before it takes its first connection: the guest goes on from the snapshot
 * once and finds its input at its end, or a connection that is closed already, as in the trial of
 * mvm snapshot (snapshot/order.c).  Then the VM is made as new, so that no request can see it; but
 * what it touched is mapped now, in this process and in the second stage, which would cost the
 * first request a fault a page.
 *
 * The guest is granted nothing meanwhile: its handles are closed but for its streams, which are the
 * null device or closed too, and a listener, of which connections are kept.
 *
 * Needs (system calls): those of a request.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "msg.h"
#include "worker.h"

#define LIMIT_NS	20000000ULL	/* who takes longer has touched what matters */

/* A connection that is closed at its other end, for a server's ACCEPT; else -1. */
static int closed_connection = -1;

int rehearse_init(const struct supervisor *s)
{
	int ends[2];

	if (!s->rehearse || s->contract != SERVE_SERVER)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return fail(EXIT_MVM, "serve: a worker cannot make a socket: %s", strerror(errno));
	close(ends[1]);
	closed_connection = ends[0];
	return 0;
}

/* Takes the descriptors of handles away, or (hide false) gives them back.  fds: their places. */
static void hide_handles(const struct supervisor *s, struct handles *t, int *fds, bool hide)
{
	uint32_t streams = s->contract == SERVE_INETD ? 2 : 0;

	for (uint32_t i = 0; i < s->image.head.nhandles; i++) {
		uint32_t number = s->image.handles[i].number;
		struct handle *h = &t->h[number];

		if (number < streams || h->kind == MVM_KIND_LISTENER)
			continue;
		if (hide)
			fds[i] = h->fd;
		h->fd = hide ? -1 : fds[i];
	}
}

static void play(const struct supervisor *s, struct run *r, struct run_end *e)
{
	int err;

	if (s->contract == SERVE_INETD)
		request_attach(r->service);
	else
		r->service->pending = closed_connection;
	request_limit_time(LIMIT_NS);
	err = snap_begin(&s->image, r->vm, r->service, &r->stop);
	*e = (struct run_end){ .how = r->stop ? RUN_STOPPED : RUN_BROKEN };
	if (!err)
		run_loop(r, e);
	request_limit_time(0);
	request_detach(s, r->service);
}

bool rehearse(const struct supervisor *s, struct run *r)
{
	struct service *sv = r->service;
	size_t nconnects = sv->nconnects;
	int fds[SNAP_HANDLES_MAX];
	struct run_end e;

	hide_handles(s, &sv->handles, fds, true);
	sv->nconnects = 0;
	play(s, r, &e);
	sv->nconnects = nconnects;
	hide_handles(s, &sv->handles, fds, false);
	return e.how != RUN_BROKEN;
}
