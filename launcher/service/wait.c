/* SPDX-License-Identifier: MIT */
/*
 * WAIT, the one request that blocks: how a guest idles, which only the vCPU's thread carries out;
 * and READY, which looks at some handles and waits for none.
 *
 * A signal ends it with -EINTR: whoever sent the signal had a reason to stop the VM's thread.
 * Where it comes before ppoll(2) has begun, its handler ends the time that is left; so ppoll is
 * called as the kernel has it, whose time is read by nobody before.
 *
 * Needs (system calls, under every set of grants): ppoll
 */
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "confine/confine.h"
#include "gate.h"
#include "grants.h"
#include "signals.h"
#include "svc.h"
#include "tick.h"

#define WAIT_EVENTS	(MVM_WAIT_IN | MVM_WAIT_OUT | MVM_WAIT_RDHUP)

_Static_assert(MVM_WAIT_IN == POLLIN && MVM_WAIT_OUT == POLLOUT && MVM_WAIT_ERR == POLLERR &&
	       MVM_WAIT_HUP == POLLHUP, "the ABI's events are Linux's");

/*
 * Says what to poll for w, in *p, whose fd is -1 when its answer is known: files are always
 * ready.  0, -EBADF, or -EACCES for what may not be waited for.
 */
static int prepare(struct service *s, const struct mvm_wait *w, struct pollfd *p)
{
	struct handle *h = handle_get(&s->handles, w->handle);

	*p = (struct pollfd){ .fd = -1 };
	if (!h)
		return -EBADF;
	if (h->quiet)
		return 0;
	if (h->kind != MVM_KIND_FILE && h->kind != MVM_KIND_DIR && h->kind != MVM_KIND_DISK) {
		if (!(h->rights & MVM_RIGHT_WAIT))
			return -EACCES;
		p->fd = h->fd;
		p->events = (short)(w->events & WAIT_EVENTS);
	} else {
		p->revents = (short)(w->events & WAIT_EVENTS);
	}
	return 0;
}

#define FOR_EVER_S	(1L << 40)

static struct timespec left;		/* of the WAIT under way */

void svc_wait_end(void)
{
	left = (struct timespec){ 0, 0 };
}

static int64_t wait_events(uint64_t ns, struct pollfd p[2])
{
	left = (struct timespec){ FOR_EVER_S, 0 };
	if (ns != UINT64_MAX)
		left = (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* The guest has not seen all of them yet. */
	if (signals_waiting())
		return -EINTR;
	return result(syscall(SYS_ppoll, p, 2, &left, NULL, 0));
}

int64_t wait_pending(struct service *s, const struct mvm_sqe *e)
{
	struct mvm_wait w[GRANTS_MAX];
	uint64_t n = 0;

	for (uint32_t i = 0; s->pending >= 0 && i < GRANTS_MAX && n < e->len; i++) {
		const struct handle *h = handle_get(&s->handles, (int32_t)i);

		if (h && h->quiet)
			w[n++] = (struct mvm_wait){ .handle = (int32_t)i, .revents = MVM_WAIT_IN };
	}
	return gate_copy_out(s->ram, e->addr, e->len * sizeof(w[0]), w, n * sizeof(w[0])) ?
	       -EFAULT : (int64_t)n;
}

int64_t svc_wait(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct pollfd p[] = {
		{ .fd = e->len ? CONFINE_FD_EVENTS : -1, .events = POLLIN },
		{ .fd = s->wait_fd, .events = POLLIN },
	};
	int64_t r;

	if (e->len && !watch_room(s, e))
		return -EFAULT;
	if (e->len2 && s->ready)
		s->ready(s, e);
	/* mvm serve: it has closed its connection and has nothing else to do. */
	if (s->served && s->again && s->again(s)) {
		if (e->off)
			tick_arm(e->off);
		return wait_pending(s, e);
	}
	if (s->served) {
		s->ending.ended = true;
		return 0;
	}
	/* Who waits needs no interrupt; and none shall end this. */
	tick_cancel();
	r = wait_events(s->leave_wait ? 0 : e->arg, p);
	if (e->off)
		tick_arm(e->off);
	if (r > 0 && p[0].revents)
		return svc_events(s, e, out);
	return r > 0 || s->leave_wait ? -EINTR : r;
}

int64_t svc_ready(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct mvm_wait w[MVM_WAIT_MAX];
	struct pollfd p[MVM_WAIT_MAX];
	struct timespec now = { 0, 0 };
	short known[MVM_WAIT_MAX];
	int64_t r, n;
	uint64_t i;

	(void)out;
	if (e->len > MVM_WAIT_MAX)
		return -EINVAL;
	if (gate_copy_in(s->ram, w, e->addr, e->len * sizeof(w[0])))
		return -EFAULT;
	for (i = 0; i < e->len; i++) {
		r = prepare(s, &w[i], &p[i]);
		if (r)
			return r;
		known[i] = p[i].revents;
	}
	/* ppoll() clears revents of the entries whose fd is -1. */
	r = result(ppoll(p, e->len, &now, NULL));
	if (r < 0)
		return r;
	for (i = 0, n = 0; i < e->len; i++) {
		w[i].revents = (uint16_t)(known[i] | p[i].revents);
		n += w[i].revents != 0;
	}
	gate_copy_out(s->ram, e->addr, e->len * sizeof(w[0]), w, e->len * sizeof(w[0]));
	return n;
}
