/* SPDX-License-Identifier: MIT */
/* What host handles are ready for, and the VM's idling: see hostfd.h. */
#include "sched/hostfd.h"

#include <asm/poll.h>
#include <linux/time.h>

#include "fs/inetd.h"
#include "mm/mm.h"
#include "sched/ready.h"
#include "sched/sched.h"
#include "sched/tick.h"
#include "sys/clock.h"
#include "sys/hostsig.h"
#include "sys/sys.h"

#define EVENTS_ONCE	64U
#define WATCHED		(MVM_WAIT_IN | MVM_WAIT_OUT | MVM_WAIT_RDHUP)

/* TSC ticks between two looks on the way: where a look costs no exit, and where it does. */
#define LOOK_TICKS	100000UL
#define LOOK_TICKS_KICK	3000000UL

_Static_assert(MVM_WAIT_IN == POLLIN && MVM_WAIT_OUT == POLLOUT && MVM_WAIT_ERR == POLLERR &&
	       MVM_WAIT_HUP == POLLHUP && MVM_WAIT_RDHUP == POLLRDHUP, "the ABI's are Linux's");

static struct hostfd **by_handle;	/* those that are watched */
static u32 nhandles, nwatched;
static u64 looked;			/* TSC */
void (*hostfd_reported)(void);
void (*hostfd_before_idle)(void), (*hostfd_before_end)(void);

void hostfd_init(struct hostfd *h, s32 handle)
{
	*h = (struct hostfd){ .handle = handle, .ready = POLLIN | POLLOUT };
}

static bool reserve(u32 handle)
{
	u32 n = MAX(16U, nhandles);
	struct hostfd **bigger;

	while (n <= handle)
		n *= 2;
	if (n == nhandles)
		return true;
	bigger = krealloc(by_handle, n * sizeof(*bigger));
	if (!bigger)
		return false;
	memset(bigger + nhandles, 0, (n - nhandles) * sizeof(*bigger));
	by_handle = bigger;
	nhandles = n;
	return true;
}

static s64 ask_watch(s32 handle, u32 events)
{
	struct mvm_sqe e = { .op = MVM_OP_WATCH, .handle = handle, .arg = events };

	return hyper(&e, NULL);
}

/* Without memory it stays unwatched, and ready: its readers find out by trying. */
static void watch(struct hostfd *h)
{
	if (h->watched || h->always || !reserve(h->handle))
		return;
	if (ask_watch(h->handle, WATCHED)) {
		h->always = true;
		return;
	}
	by_handle[h->handle] = h;
	h->watched = true;
	nwatched++;
}

void hostfd_done(struct hostfd *h, bool closes)
{
	if (h->watched) {
		if (!closes)
			ask_watch(h->handle, 0);
		by_handle[h->handle] = NULL;
		h->watched = false;
		nwatched--;
	}
	waitq_destroy(&h->q, POLLHUP);
}

/* Asks the host about this handle alone. */
static void verify(struct hostfd *h)
{
	struct mvm_wait w = { .handle = h->handle, .events = WATCHED };
	struct mvm_sqe e = { .op = MVM_OP_READY, .addr.v = va_to_gpa(&w), .len = 1 };

	if (hyper(&e, NULL) >= 0)
		h->ready = w.revents;
	h->sure = h->ready;
}

static u32 with_norms(u32 ready)
{
	return ready | (ready & POLLIN ? POLLRDNORM : 0) | (ready & POLLOUT ? POLLWRNORM : 0);
}

u32 hostfd_poll(struct hostfd *h, struct waitq **q)
{
	*q = &h->q;
	watch(h);
	if (h->always)
		return with_norms(POLLIN | POLLOUT);
	if (h->ready & ~h->sure & ~h->held)
		verify(h);
	return with_norms(h->ready | h->held);
}

void hostfd_again(struct hostfd *h, u32 events)
{
	h->ready &= ~events;
	h->sure &= ~events;
}

void hostfd_used(struct hostfd *h, u32 events)
{
	h->sure &= ~events;
}

int hostfd_wait(struct hostfd *h, u32 events, u64 deadline)
{
	int err = 0;

	watch(h);
	events |= POLLERR | POLLHUP;
	while (!err && !h->always && !((h->ready | h->held) & events))
		err = waitq_wait(&h->q, deadline);
	return err;
}

static struct hostfd *of(const struct mvm_wait *w)
{
	return (u32)w->handle < nhandles ? by_handle[w->handle] : NULL;
}

static void report(const struct mvm_wait *w, s64 n)
{
	struct hostfd *h;

	for (s64 i = 0; i < n; i++) {
		h = of(&w[i]);
		if (!h)
			continue;
		/* epoll(7) looks once more when it is asked: this is what is true now. */
		h->ready |= w[i].revents;
		h->sure |= w[i].revents;
		if (h->told)
			h->told(h, w[i].revents);
	}
	if (n > 0 && hostfd_reported)
		hostfd_reported();
	/* All that this has begun costs one kick. */
	hyper_drain();
	for (s64 i = 0; i < n; i++) {
		h = of(&w[i]);
		if (h)
			waitq_wake_one(&h->q, with_norms(w[i].revents));
	}
}

void hostfd_look(void)
{
	struct mvm_wait w[EVENTS_ONCE];
	struct mvm_sqe e;
	s64 n;

	if (!nwatched)
		return;
	do {
		e = (struct mvm_sqe){ .op = MVM_OP_EVENTS, .addr.v = va_to_gpa(w),
				      .len = EVENTS_ONCE };
		n = hyper(&e, NULL);
		report(w, n);
	} while (n == EVENTS_ONCE);
	looked = clock_ticks();
}

void hostfd_look_sometimes(void)
{
	/* Recorded, the clock stands still between kicks: a look is as good as asking for it. */
	if (run_recorded() ? record_stale() :
	    clock_ticks() - looked > (hyper_polled() ? LOOK_TICKS : LOOK_TICKS_KICK))
		hostfd_look();
}

bool hostfd_awaited(void)
{
	return nwatched && threads_alive > 1;
}

void hostfd_idle(u64 deadline)
{
	struct mvm_wait w[EVENTS_ONCE];
	struct mvm_sqe e = { .op = MVM_OP_WAIT, .arg = UINT64_MAX };
	u64 now, began;
	s64 n;

	if (IS_ENABLED(CONFIG_SERVE) && unlikely(inetd_out))
		inetd_idle();
	if (hostfd_before_idle) {
		hostfd_before_idle();
		e.off = TICK_BEGUN_NS;
	}
	if (deadline != CLOCK_NEVER) {
		now = time_now(CLOCK_MONOTONIC);
		e.arg = deadline > now ? deadline - now : 0;
	}
	if (nwatched) {
		e.addr.v = va_to_gpa(w);
		e.len = EVENTS_ONCE;
	}
	if (unlikely(ready_wanted))
		e.len2 = ready_before(by_handle, nhandles);
	began = clock_idle_begin();
	n = hyper_kick(&e, NULL);
	if (unlikely(e.len2) && ready_after()) {
		began = clock_idle_begin();
		if (boot->flags & MVM_BOOT_INETD)
			e.off = MVM_INETD_TICK_NS;
	}
	clock_idle_end(began);
	looked = clock_ticks();
	tick_forget();
	if (e.off)
		tick_armed(e.off);
	hostsig_collect();
	report(w, n);
}
