/* SPDX-License-Identifier: MIT */
/*
 * WATCH and EVENTS: which handles became ready, told in the size of what changed instead of what
 * is waited for.  One epoll(7) set, edge-triggered, whose descriptor WAIT polls as well.
 *
 * Needs (system calls, under every set of grants):
 *	epoll_ctl(CONFINE_FD_EVENTS, ...) epoll_pwait(CONFINE_FD_EVENTS, ...)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/confine.h"
#include "gate.h"
#include "msg.h"
#include "svc.h"

#define EVENTS_ONCE	128

_Static_assert(MVM_WAIT_IN == EPOLLIN && MVM_WAIT_OUT == EPOLLOUT && MVM_WAIT_ERR == EPOLLERR &&
	       MVM_WAIT_HUP == EPOLLHUP && MVM_WAIT_RDHUP == EPOLLRDHUP,
	       "the ABI's events are Linux's");

int watch_init(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd >= 0 && fd != CONFINE_FD_EVENTS) {
		int to = dup3(fd, CONFINE_FD_EVENTS, O_CLOEXEC);

		close(fd);
		fd = to;
	}
	if (fd < 0)
		return fail(EXIT_MVM, "cannot make an epoll set: %s; raise the limit of open files "
			    "(ulimit -n)", strerror(errno));
	return 0;
}

void watch_end(struct handle *h)
{
	if (h->watched && !h->quiet)
		epoll_ctl(CONFINE_FD_EVENTS, EPOLL_CTL_DEL, h->fd, NULL);
	h->watched = 0;
}

int64_t watch(struct handle *h, int32_t n, uint32_t events)
{
	struct epoll_event ev = { .events = events | EPOLLET, .data.u32 = (uint32_t)n };
	int op = h->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int64_t r = h->quiet ? 0 : result(epoll_ctl(CONFINE_FD_EVENTS, op, h->fd, &ev));

	if (!r)
		h->watched = events;
	return r;
}

int64_t svc_watch(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h = handle_get(&s->handles, e->handle);

	(void)out;
	if (!h)
		return -EBADF;
	if (e->arg & ~(uint64_t)(MVM_WAIT_IN | MVM_WAIT_OUT | MVM_WAIT_RDHUP))
		return -EINVAL;
	if (!(h->rights & MVM_RIGHT_WAIT))
		return -EACCES;
	if (!e->arg) {
		watch_end(h);
		return 0;
	}
	return watch(h, e->handle, (uint32_t)e->arg);
}

static uint64_t wanted(const struct mvm_sqe *e)
{
	return e->len < EVENTS_ONCE ? e->len : EVENTS_ONCE;
}

bool watch_room(const struct service *s, const struct mvm_sqe *e)
{
	return gate(s->ram, e->addr, wanted(e) * sizeof(struct mvm_wait));
}

int64_t svc_events(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct epoll_event ev[EVENTS_ONCE];
	struct mvm_wait w[EVENTS_ONCE];
	uint64_t room = wanted(e);
	int64_t n;

	(void)out;
	if (!room)
		return -EINVAL;
	/* Asked before anything is taken: what was told once is not told again. */
	if (!watch_room(s, e))
		return -EFAULT;
	n = result(syscall(SYS_epoll_pwait, CONFINE_FD_EVENTS, ev, (int)room, 0, NULL, 8L));
	for (int64_t i = 0; i < n; i++)
		w[i] = (struct mvm_wait){ .handle = (int32_t)ev[i].data.u32,
					  .revents = (uint16_t)ev[i].events };
	if (n > 0)
		gate_copy_out(s->ram, e->addr, room * sizeof(w[0]), w, (size_t)n * sizeof(w[0]));
	return n;
}
